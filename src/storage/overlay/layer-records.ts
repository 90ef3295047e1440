import type { ByteString } from '../../domain/bytes.ts';
import { displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { layerMarks } from '../../domain/layer-marks.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';

/** The records of overlayfs in a layer (Documentation/filesystems/overlayfs.rst). */
export const overlayRecords = {
  ...layerMarks,
  /** What a copy was made of, in the layer below. */
  origin: 'trusted.overlay.origin',
} as const;

/** Whether a directory hides what lies below it. `y`; `x` says only that whiteouts in it may be of another kind, which are files. */
export function isOpaque(files: Files, directory: RootPath): boolean {
  return files.xattr(directory, overlayRecords.opaque) === 'y';
}

/**
 * Throws Failure `foreign-layer` where the records of a file or directory say that something lies elsewhere: we mount layers
 * so that neither is made, nor followed. With them the layer is not what was changed.
 */
export function refuseForeign(files: Files, place: RootPath, records: readonly ByteString[]): void {
  const { redirect, metacopy } = overlayRecords;
  if (records.includes(redirect)) throw foreign(files, place, redirect, 'a directory that was renamed');
  if (records.includes(metacopy)) throw foreign(files, place, metacopy, 'a file without its content');
}

function foreign(files: Files, path: RootPath, record: ByteString, what: string): Failure {
  return new Failure({
    code: 'foreign-layer',
    kind: 'failed',
    message: `Cannot tell what a layer changes: ${displayBytes(`${files.root}${path}`)} is ${what} (${record})`,
    advice:
      'The layer was mounted by another program with redirect_dir or metacopy on; copy its content into a new branch',
  });
}
