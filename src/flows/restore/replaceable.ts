import { displayBytes } from '../../domain/bytes.ts';
import { type Entry, lockingFlags } from '../../domain/entry.ts';
import { childOf, isBelow, parentOf, type RootPath } from '../../domain/path.ts';
import type { Files, Status } from '../../system/files.ts';
import { boundaryBelow } from './copy-path.ts';
import { keptFolder } from './keep-replaced.ts';
import { failure } from './restore-failure.ts';

/** Throws Failure `exists`, `locked` or `busy` where what stands at the place may not, or cannot, be replaced. */
export function requireReplaceable(to: Files, target: RootPath, before: Entry, force: boolean): void {
  const shown = displayBytes(target);
  if (!force) {
    const advice = 'Replace it with --force, which keeps it elsewhere; or restore beside it with --to PATH';
    throw failure('exists', `Cannot restore to ${shown}: a ${before.type} is there`, advice);
  }
  if ((before.flags & lockingFlags) !== 0) {
    throw failure('locked', `Cannot replace ${shown}: its flags forbid it`, `Take them off: chattr -i -a ${shown}`);
  }
  if (isBelow(keptFolder, target) || isBelow(target, keptFolder) || target === keptFolder) {
    throw failure('busy', `Cannot replace ${shown}: what is replaced is kept in ${keptFolder}`);
  }
  const inside = boundaryIn(to, to.status(parentOf(target)), target);
  if (inside === null) return;
  throw failure('busy', `Cannot replace ${shown}: another filesystem or subvolume begins at ${displayBytes(inside)}`);
}

/** The first path at which another filesystem begins, which must be neither copied nor removed. */
function boundaryIn(files: Files, home: Status | null, path: RootPath): RootPath | null {
  if (boundaryBelow(files, home, path) !== null) return path;
  if (files.status(path)?.type !== 'directory') return null;
  for (const name of files.list(path)) {
    const found = boundaryIn(files, home, childOf(path, name));
    if (found !== null) return found;
  }
  return null;
}
