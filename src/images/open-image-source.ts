import { type ByteString, displayBytes } from '../domain/bytes.ts';
import { childOf, nameOf, parentOf } from '../domain/path.ts';
import type { Files, Status } from '../system/files.ts';
import type { Compression } from '../system/streams.ts';
import type { System } from '../system/system.ts';
import { contentKind, headSize } from './content-kind.ts';
import { refused } from './image-failure.ts';
import type { ImageFile } from './image-file.ts';
import type { UnpackOptions } from './job.ts';
import type { Hooks } from './limits.ts';
import { unpackFromRegistry } from './oci/fetch.ts';
import { manifestIn, unpackLayout, unpackLayoutArchive } from './oci/unpack-oci.ts';
import { parseReference } from './reference.ts';
import { looksLikeLayout } from './tar/looks-like-layout.ts';
import { unpackDirectory } from './unpack-directory.ts';
import { unpackFilesystem } from './unpack-filesystem.ts';
import { type Unpack, type Unpacked, unpackImage } from './unpack-image.ts';
import { decompressed, unpackTar } from './unpack-tar.ts';

export type ImageKind = 'tar' | 'squashfs' | 'erofs' | 'directory' | 'oci-layout' | 'oci-archive' | 'registry';

/** An image that may be unpacked. */
export type ImageSource = {
  readonly kind: ImageKind;
  /** Bytes of the file; null where that is not known before. */
  readonly size: number | null;
  /** `sha256:…` where it is known before the image is read, unchecked; `unpack` tells the one that was checked. */
  readonly digest: string | null;
  /**
   * Unpacks it into an empty directory; see `unpackImage`.
   */
  readonly unpack: (into: Files, options: UnpackOptions, hooks: Hooks) => Promise<Unpacked>;
};

type Found = Omit<ImageSource, 'unpack'> & { readonly unpack: Unpack };

/**
 * Finds out what a reference (`parseReference`) leads to, by its content and not by its name. Throws Failure
 * `image-reference`, `no-directory` or `unreadable` where it leads nowhere, and `image-unknown` where that is no image.
 */
export async function openImageSource(reference: string, system: System): Promise<ImageSource> {
  const found = await find(reference, system);
  return { ...found, unpack: (into, options, hooks) => unpackImage(found.unpack, { into, options, hooks, system }) };
}

async function find(reference: string, system: System): Promise<Found> {
  const parsed = parseReference(reference);
  if (parsed.kind === 'registry') {
    const { address } = parsed;
    return {
      kind: 'registry',
      size: null,
      digest: digestIn(address),
      unpack: (job) => unpackFromRegistry(address, job),
    };
  }
  const { path, status } = look(parsed.path, system);
  if (status.type === 'directory') return findDirectory(path, parsed.tag, system);
  if (status.type === 'file') return await findFile({ path, size: status.size }, parsed.tag, system);
  throw refused('image-unknown', `${displayBytes(path)} is a ${status.type}`);
}

function digestIn(address: string): string | null {
  return /@(sha256:[0-9a-f]{64})$/.exec(address)?.[1] ?? null;
}

/** The path with all links resolved but the last, which is followed once: what lies there is looked at by its own name. */
function look(path: string, system: System): { readonly path: ByteString; readonly status: Status } {
  const resolved = system.resolve(path);
  const files = system.openRoot(parentOf(resolved));
  try {
    const status = files.status(resolved === '/' ? '/' : childOf('/', nameOf(resolved)));
    if (status !== null) return { path: resolved, status };
    throw refused('image-unknown', `${displayBytes(resolved)} is not there any more`);
  } finally {
    files.close();
  }
}

function findDirectory(path: ByteString, tag: string | null, system: System): Found {
  const files = system.openRoot(path);
  try {
    const isLayout = files.status('/oci-layout')?.type === 'file' && files.status('/index.json')?.type === 'file';
    if (!isLayout) return { kind: 'directory', size: null, digest: null, unpack: (job) => unpackDirectory(path, job) };
    const { manifest } = manifestIn(files, tag, { system });
    return {
      kind: 'oci-layout',
      size: manifest.layers.reduce((sum, { size }) => sum + size, 0),
      digest: `sha256:${system.digest(manifest.content)}`,
      unpack: (job) => unpackLayout(path, tag, job),
    };
  } finally {
    files.close();
  }
}

async function findFile(file: ImageFile, tag: string | null, system: System): Promise<Found> {
  const head = Buffer.from(await system.streams.head(file.path, headSize)).toString('latin1');
  const content = contentKind(head);
  if (content === null) {
    throw refused('image-unknown', `${displayBytes(file.path)} is none that is known`, {
      advice:
        'Known are tar archives, plain or packed by gzip, xz or zstd, squashfs, erofs, OCI layouts and directories',
    });
  }
  const common = { size: file.size, digest: null };
  const { kind } = content;
  if (kind !== 'tar') return { ...common, kind, unpack: (job) => unpackFilesystem(file, kind, job) };
  const { compression } = content;
  if (!(await holdsLayout(file, compression, system))) {
    return { ...common, kind, unpack: (job) => unpackTar(file, compression, job) };
  }
  return { ...common, kind: 'oci-archive', unpack: (job) => unpackLayoutArchive(file, { compression, tag }, job) };
}

function holdsLayout({ path }: ImageFile, compression: Compression | null, { streams }: System): Promise<boolean> {
  return looksLikeLayout(decompressed(streams.read(path), compression, streams));
}
