import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFilesystem } from '../system/loop-filesystem.ts';
import type { Roots } from './migration.ts';
import { makeTree, type Tree } from './trees.ts';

/**
 * Three equal trees, of which one lies on an ext4 in which the inode of a file is damaged: the kernel says EUCLEAN to
 * every look at it.
 */
export async function withDamagedFile(
  side: 'ours' | 'theirs',
  path: string,
  tree: Tree,
  body: (roots: Roots) => void,
): Promise<void> {
  await withFilesystem('tmpfs', (mountpoint) => {
    const at = (name: string): string => join(mountpoint, name);
    const roots = { base: at('base'), ours: at('ours'), theirs: at('theirs'), outside: at('outside') };
    for (const root of Object.values(roots)) mkdirSync(root, { mode: 0o755 });
    for (const root of [roots.base, roots.ours, roots.theirs]) makeTree(root, tree);
    const image = at('image');
    writeFileSync(image, '');
    execFileSync('truncate', ['-s', '16M', image]);
    execFileSync('mkfs.ext4', ['-q', '-d', roots[side], image]);
    execFileSync('debugfs', ['-w', '-R', `set_inode_field ${path} mode 0`, image], { stdio: 'ignore' });
    rmSync(roots[side], { recursive: true });
    mkdirSync(roots[side]);
    execFileSync('mount', ['-o', 'loop', image, roots[side]]);
    try {
      body(roots);
    } finally {
      execFileSync('umount', [roots[side]]);
    }
  });
}

/**
 * The same on a btrfs on which a content, of more than a block, is damaged: the file is there and has its size, and the
 * kernel says EIO when it is read.
 */
export async function withDamagedContent(
  side: 'ours' | 'theirs',
  content: string,
  trees: Readonly<Record<'base' | 'ours' | 'theirs', Tree>>,
  body: (roots: Roots) => void,
): Promise<void> {
  await withFilesystem('tmpfs', (mountpoint) => {
    const at = (name: string): string => join(mountpoint, name);
    const roots = { base: at('base'), ours: at('ours'), theirs: at('theirs'), outside: at('outside') };
    for (const root of Object.values(roots)) mkdirSync(root, { mode: 0o755 });
    for (const name of ['base', 'ours', 'theirs'] as const) makeTree(roots[name], trees[name]);
    const image = at('image');
    writeFileSync(image, '');
    execFileSync('truncate', ['-s', '128M', image]);
    execFileSync('mkfs.btrfs', ['-q', '--rootdir', roots[side], image]);
    damage(image, content);
    rmSync(roots[side], { recursive: true });
    mkdirSync(roots[side]);
    execFileSync('mount', ['-o', 'loop', image, roots[side]]);
    try {
      body(roots);
    } finally {
      execFileSync('umount', [roots[side]]);
    }
  });
}

/** Changes the content in the image, so that its checksum is wrong. */
function damage(image: string, content: string): void {
  const bytes = readFileSync(image);
  const found = bytes.indexOf(content, 0, 'latin1');
  if (found === -1) throw new Error(`the content is not in ${image}`);
  bytes.fill('#', found, found + 64);
  writeFileSync(image, bytes);
}
