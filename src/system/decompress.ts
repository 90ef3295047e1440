import type { ByteString } from '../domain/bytes.ts';
import { errorCode, Failure } from '../domain/failure.ts';
import type { Commands } from './commands.ts';

/** More than any kernel module or list of symbols takes: what unpacks to more is not what it says. 256 MiB. */
const maxOutputLength: number = 2 ** 28;

/**
 * The content of a file with the compression off that the ending of its name tells (`.gz`, `.xz`, `.zst`); as it is
 * where it has no such ending. Null where the content is damaged, unpacks to more than 256 MiB, or needs the program xz
 * and there is none.
 */
export function decompress(name: ByteString, content: ByteString, commands: Commands): ByteString | null {
  if (name.endsWith('.gz')) return unpacked(content, zlib().gunzipSync);
  if (name.endsWith('.zst')) return unpacked(content, zlib().zstdDecompressSync);
  return name.endsWith('.xz') ? unpackXz(content, commands) : content;
}

/** Packs bytes by zstd; `decompress` unpacks them under a name that ends in `.zst`. */
export function compress(content: ByteString): ByteString {
  return zlib().zstdCompressSync(Buffer.from(content, 'latin1')).toString('latin1');
}

/** Loaded when it is needed: most runs unpack nothing, and it takes 2 ms of every start. */
function zlib(): typeof import('node:zlib') {
  return process.getBuiltinModule('node:zlib');
}

type Unpack = (content: Buffer, options: { readonly maxOutputLength: number }) => Buffer;

function unpacked(content: ByteString, unpack: Unpack): ByteString | null {
  try {
    return unpack(Buffer.from(content, 'latin1'), { maxOutputLength }).toString('latin1');
  } catch (error) {
    // zlib names every damage of its input by a code; anything else is a defect.
    if (errorCode(error) === null) throw error;
    return null;
  }
}

function unpackXz(content: ByteString, commands: Commands): ByteString | null {
  if (!commands.has('xz')) return null;
  try {
    return commands.run('xz', ['--decompress', '--stdout'], { input: content, bytes: true }).stdout;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'command') throw error;
    return null;
  }
}
