import { type ByteString, textOrBytes } from '../../domain/bytes.ts';
import { errorCode, Failure } from '../../domain/failure.ts';
import { childOf, nameOf } from '../../domain/path.ts';
import type { StorePlace } from '../../store/open-store.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { withSettled } from './settled-content.ts';
import { archiving, packingOf, whole, withoutRecords } from './tar-options.ts';

export type ExportRequest = {
  /** A version, an image, or another branch or tag of the store. */
  readonly name: string;
  /** The file that is made; its ending says how it is packed. */
  readonly file: string;
  /** Whether it is to lack the records of the migration that made it: with them no version can be made of it. */
  readonly asImage: boolean;
  /** Whether a file that is there is replaced. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  /** Hears twice a second how large the file is. */
  readonly onBytes: (bytes: number) => void;
};

export type Exported = {
  /** What was exported, as people call it. */
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** Where in it another filesystem or subvolume begins, which is not in the archive; null where none does. */
  readonly leftOut: string | null;
};

/**
 * Writes a whole root to an archive that `migrate stage` reads back the same, but for sockets, which no archive holds. The
 * file comes to its name when it is whole and on the disk; only its owner may read it, as it may hold secrets. Throws
 * Failure `no-directory`, `no-object`, `no-root`, `archive-name`, `exists` and `command`.
 */
export async function exportObject(place: StorePlace, request: ExportRequest): Promise<Exported> {
  const { system } = place;
  const { directory, name } = targetOf(system, request.file);
  const packing = packingOf(request.file);
  const files = system.openRoot(directory);
  try {
    if (!request.force && files.status(name) !== null) throw exists(request.file);
    return await withSettled(place, request.name, async ({ root, shown, leftOut }) => {
      const partial = `${name}.partial`;
      if (files.status(partial) !== null) files.unlink(partial);
      files.create(partial, '');
      try {
        await pack(system, { root, packing, files, partial }, request);
        files.sync(partial);
        files.rename(partial, name);
      } catch (error) {
        const left = files.space().bytes;
        files.unlink(partial);
        throw left < leastSpace && error instanceof Failure ? noSpace(request.file, error) : error;
      }
      files.sync('/');
      return { name: shown, file: request.file, leftOut, bytes: files.status(name)?.size ?? 0 };
    });
  } finally {
    files.close();
  }
}

type Packing = {
  readonly root: string;
  readonly packing: readonly string[];
  readonly files: Files;
  readonly partial: string;
};

function pack(
  { streams }: System,
  { root, packing, files, partial }: Packing,
  { asImage, signal, onBytes }: ExportRequest,
): Promise<void> {
  const archive = textOrBytes(files.root === '/' ? partial : `${files.root}${partial}`);
  const options = [...whole, ...packing, ...(asImage ? withoutRecords : [])];
  return streams.run('tar', [...options, ...archiving(root, archive)], {
    signal,
    onTick: () => onBytes(files.status(partial)?.size ?? 0),
  });
}

function targetOf(system: System, file: string): { readonly directory: string; readonly name: string } {
  const cut = file.lastIndexOf('/');
  const above = cut === -1 ? '.' : file.slice(0, cut + 1);
  return { directory: directoryFor(system, file, above), name: childOf('/', nameOf(`/${file}`)) };
}

function directoryFor(system: System, file: string, above: string): ByteString {
  try {
    return system.directory(above);
  } catch (error) {
    if (errorCode(error) !== 'no-directory') throw error;
    throw new Failure({
      code: 'no-directory',
      kind: 'input',
      message: `Cannot export to ${file}: there is no directory ${above}`,
      advice: `Make it first, with mkdir -p ${above}, or name a file elsewhere`,
      cause: error,
    });
  }
}

/** Where so little is left, it has failed for the lack of it: tar says only how much it could write. */
const leastSpace = 2 ** 20;

function noSpace(file: string, cause: Failure): Failure {
  const message = `Cannot export to ${file}: no space left on its filesystem`;
  return new Failure({ code: 'no-space', kind: 'failed', message, advice: 'Make room there, or name another', cause });
}

function exists(file: string): Failure {
  return new Failure({
    code: 'exists',
    kind: 'input',
    message: `Cannot export to ${file}: something is there`,
    advice: 'Name another file, or replace it with --force',
  });
}
