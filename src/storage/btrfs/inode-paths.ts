import { Failure } from '../../domain/failure.ts';
import { childOf, nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { InodeName, NamedInode, Subvolume } from '../../system/subvolume.ts';

/** linux/btrfs_tree.h: the inode number of the root directory of every subvolume. */
const rootInode = 256;
const root: NamedInode = { name: '', inode: rootInode, isDirectory: true };

/** Finds inodes by their paths, and paths by their inodes. Each directory is looked for once. */
export class InodePaths {
  readonly #subvolume: Subvolume;
  readonly #paths = new Map<number, RootPath>([[rootInode, '/']]);
  readonly #directories = new Map<RootPath, NamedInode | null>([['/', root]]);

  constructor(subvolume: Subvolume) {
    this.#subvolume = subvolume;
  }

  /** What stands at the path; null where nothing of this subvolume does. */
  find(path: RootPath): NamedInode | null {
    if (path === '/') return root;
    const directory = this.#directory(parentOf(path))?.inode ?? null;
    return directory === null ? null : this.#subvolume.find({ directory, name: nameOf(path) });
  }

  /** The path of a name. Throws Failure where the subvolume has no such directory, as when it was removed just now. */
  ofName({ directory, name }: InodeName): RootPath {
    return childOf(this.ofDirectory(directory), name);
  }

  ofDirectory(inode: number): RootPath {
    const known = this.#paths.get(inode);
    if (known !== undefined) return known;
    // A directory has one name.
    const name = this.#subvolume.inode(inode, { isDirectory: true })?.names[0];
    if (name === undefined) {
      const message = `Cannot tell the path of inode ${inode}: it has no name`;
      throw new Failure({ code: 'no-name', kind: 'failed', message });
    }
    const path = this.ofName(name);
    this.#paths.set(inode, path);
    return path;
  }

  #directory(path: RootPath): NamedInode | null {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const found = this.find(path);
    this.#directories.set(path, found);
    return found;
  }
}
