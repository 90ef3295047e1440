import { lockingFlags } from '../../../domain/entry.ts';
import { Failure, SystemCallError } from '../../../domain/failure.ts';
import { childOf, type RootPath } from '../../../domain/path.ts';
import type { Files, Status } from '../../../system/files.ts';

/** What is not to be removed, and who hears that the work goes on. */
export type RemoveOptions = {
  readonly stays: (path: RootPath, status: Status) => boolean;
  readonly onEntry: () => void;
};

/** How many paths a message names. */
const namedRefusals = 5;

/**
 * Removes what a directory holds, but not the directory, and nothing that is mounted in it. Interrupted, it can be done
 * again. Throws Failure `not-removed`, which names what the kernel refuses to remove; all else is gone then.
 */
export function removeBelow(files: Files, directory: RootPath, options: RemoveOptions): void {
  const refused = refusedBelow(files, directory, options);
  if (refused.length === 0) return;
  const more = refused.length > namedRefusals ? [`and ${refused.length - namedRefusals} more`] : [];
  throw new Failure({
    code: 'not-removed',
    kind: 'failed',
    message: `Cannot remove all of it: ${[...refused.slice(0, namedRefusals), ...more].join(', ')}`,
  });
}

/** One directory that cannot be read is no reason to leave the others. */
function refusedBelow(files: Files, directory: RootPath, options: RemoveOptions): string[] {
  const refused: string[] = [];
  noting(refused, () => {
    const mount = files.status(directory)?.mountId;
    for (const name of files.list(directory)) {
      const path = childOf(directory, name);
      noting(refused, () => {
        const status = files.status(path);
        if (status === null || status.mountId !== mount || options.stays(path, status)) return;
        refused.push(...removeOne(files, path, status, options));
      });
    }
  });
  return refused;
}

function removeOne(files: Files, path: RootPath, status: Status, options: RemoveOptions): string[] {
  options.onEntry();
  unlock(files, path, status);
  if (status.type !== 'directory') {
    files.unlink(path);
    return [];
  }
  const refused = refusedBelow(files, path, options);
  if (refused.length === 0 && files.list(path).length === 0) files.removeDirectory(path);
  return refused;
}

function noting(refused: string[], work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    refused.push(error.message);
  }
}

/** What chattr(1) has made immutable goes as well. */
function unlock(files: Files, path: RootPath, { type }: Status): void {
  if (type !== 'file' && type !== 'directory') return;
  const flags = files.entry(path)?.flags ?? 0;
  if ((flags & lockingFlags) !== 0) files.setFlags(path, flags & ~lockingFlags);
}
