import { type BigIntStats, constants, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { childOf, type RootPath } from '../../src/domain/path.ts';
import type { Files } from '../../src/system/files.ts';
import type { NodeType, TreeNode } from './tree-node.ts';
import { hostPath } from './write-tree.ts';

/** Reads a tree by Node's own calls; extended attributes and flags, which Node cannot read, come from the root. */
export function readTree(files: Files): TreeNode {
  return readNode(files, '/', new Map());
}

function readNode(files: Files, path: RootPath, seen: Map<bigint, TreeNode>): TreeNode {
  const host = hostPath(files, path);
  const stats = lstatSync(host, { bigint: true });
  const known = seen.get(stats.ino);
  if (known !== undefined) return known;
  const entry = files.entry(path);
  if (entry === null) throw new Error(`${host.toString('latin1')} vanished`);
  const type = typeOf(stats);
  const node: TreeNode = {
    type,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: stats.mtimeNs,
    xattrs: new Map(entry.xattrs.map(({ name, value }) => [name, value])),
    flags: entry.flags,
    content: contentOf(host, type, stats.rdev),
    sparse: stats.size >= 65_536n && type === 'file' && stats.blocks * 512n < stats.size / 2n,
    children: new Map(),
  };
  seen.set(stats.ino, node);
  if (type === 'directory') {
    for (const name of readdirSync(host, { encoding: 'latin1' })) {
      node.children.set(name, readNode(files, childOf(path, name), seen));
    }
  }
  return node;
}

function typeOf({ mode, rdev }: BigIntStats): NodeType {
  const format = Number(mode) & constants.S_IFMT;
  if (format === constants.S_IFREG) return 'file';
  if (format === constants.S_IFDIR) return 'directory';
  if (format === constants.S_IFLNK) return 'symlink';
  if (format === constants.S_IFIFO) return 'fifo';
  if (format === constants.S_IFSOCK) return 'socket';
  if (format === constants.S_IFBLK) return 'block';
  return rdev === 0n ? 'whiteout' : 'character';
}

function contentOf(host: Buffer, type: NodeType, device: bigint): string {
  if (type === 'file') return readFileSync(host, 'latin1');
  if (type === 'symlink') return readlinkSync(host, { encoding: 'latin1' });
  if (type !== 'character' && type !== 'block' && type !== 'whiteout') return '';
  // makedev(3) of glibc: minor 0-7 and 20-31, major 8-19 and 32-43.
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  return `${major}:${(device & 0xffn) | ((device >> 12n) & 0xffffff00n)}`;
}
