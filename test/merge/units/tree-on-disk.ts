import type { Tree } from '../../../src/merge/units/tree.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';
import { makeTree, type Tree as TreeToMake } from '../../cases/trees.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';

/** Makes a tree on a real filesystem and hands on its directory and how strategies look at it. */
export async function withTree(tree: TreeToMake, check: (directory: string, tree: Tree) => void): Promise<void> {
  await withFilesystem('tmpfs', (mountpoint) => {
    makeTree(mountpoint, tree);
    const files = openRoot(mountpoint);
    try {
      const tree = {
        entry: (path: string) => files.entry(path),
        content: (path: string) => (files.status(path)?.type === 'file' ? files.read(path) : null),
        names: (path: string) => (files.status(path)?.type === 'directory' ? files.list(path) : []),
      };
      check(mountpoint, { ...tree, has: (path, name) => tree.names(path).includes(name) });
    } finally {
      files.close();
    }
  });
}
