import { displayBytes } from '../../domain/bytes.ts';
import { errorCode, Failure } from '../../domain/failure.ts';
import { ancestorsOf, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import { makeDirectories, objectPath } from '../object-places.ts';
import type { TakenOver } from '../take-over.ts';
import { rootInode } from './root-inode.ts';

/**
 * Moves a subvolume, which may be the running root, to the place of a branch, and leaves a link under its old name: the
 * kernel follows it in `subvol=`, so that boot entries that name it go on working. Both names are exchanged at once:
 * at every instant the old name leads to the subvolume. Done already, it does nothing. Needs the top of the filesystem;
 * throws Failure `cannot-take-over`.
 */
export function takeOverSubvolume(top: Files, { store, subvolume, place }: TakenOver): void {
  const target = `${store}${objectPath(place)}`;
  if (isSubvolume(top, target) && top.entry(subvolume)?.target === linkTo(target, subvolume)) return;
  if (!isSubvolume(top, subvolume)) throw refused(subvolume, 'it is no subvolume');
  if (ancestorsOf(target).includes(subvolume)) throw refused(subvolume, 'the store lies in it');
  makeDirectories(top, target.slice(0, target.lastIndexOf('/')));
  makeLink(top, target, linkTo(target, subvolume));
  try {
    top.exchange(subvolume, target);
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    top.unlink(target);
    throw refused(subvolume, 'it lies in another subvolume than the store');
  }
  top.syncFilesystem();
}

function isSubvolume(files: Files, path: RootPath): boolean {
  const status = files.status(path);
  return status?.type === 'directory' && status.inode.number === rootInode;
}

/** From the directory that the subvolume lies in. */
function linkTo(target: RootPath, subvolume: RootPath): string {
  const up = '../'.repeat(ancestorsOf(subvolume).length - 1);
  return `${up}${target.slice(1)}`;
}

/** An earlier run may have come just as far. */
function makeLink(files: Files, path: RootPath, target: string): void {
  const entry = files.entry(path);
  if (entry !== null && entry.target !== target) {
    throw new Failure({
      code: 'exists',
      kind: 'input',
      message: `Cannot use ${displayBytes(path)}: something is there`,
    });
  }
  if (entry === null) files.makeSymlink(path, target);
  files.syncFilesystem();
}

function refused(subvolume: RootPath, why: string): Failure {
  return new Failure({
    code: 'cannot-take-over',
    kind: 'input',
    message: `Cannot put ${displayBytes(subvolume)} into the store: ${why}`,
    advice: 'The root must be a subvolume that lies in the top of its btrfs filesystem, or in directories below it',
  });
}
