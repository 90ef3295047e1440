import { closeSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { lockingFlags } from '../../src/domain/entry.ts';
import { childOf, type RootPath } from '../../src/domain/path.ts';
import type { Files } from '../../src/system/files.ts';
import { placesOf, type TreeNode } from './tree-node.ts';

/** Sockets that wait to be moved into a tree; Node can only make them by listening, which takes a turn of its loop. */
export type Sockets = string[];

/** Makes as many sockets as the trees have, in a directory of the same filesystem. */
export async function makeSockets(directory: string, trees: readonly TreeNode[]): Promise<Sockets> {
  const count = trees.flatMap((tree) => [...placesOf(tree)]).filter(({ node }) => node.type === 'socket').length;
  const sockets: Sockets = [];
  for (let index = 0; index < count; index++) {
    const path = join(directory, `socket-${index}`);
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    // Closing removes the name that was listened at, so the socket gets another.
    renameSync(path, `${path}.kept`);
    await new Promise((resolve) => server.close(resolve));
    sockets.push(`${path}.kept`);
  }
  return sockets;
}

/** Writes a tree into an empty root: first all names, then attributes from the leaves up, so that nothing touches them. */
export function writeTree(files: Files, tree: TreeNode, sockets: Sockets = []): void {
  const first = new Map<TreeNode, RootPath>();
  const places = [...placesOf(tree)];
  for (const { path, node } of places) {
    const existing = first.get(node);
    if (path !== '/' && existing === undefined) make(files, path, node, sockets);
    if (existing !== undefined) files.link(path, existing);
    else first.set(node, path);
  }
  for (const { path, node } of places.toReversed()) if (first.get(node) === path) setAll(files, path, node);
}

function make(files: Files, path: RootPath, node: TreeNode, sockets: Sockets): void {
  if (node.type === 'directory') files.makeDirectory(path);
  else if (node.type === 'symlink') files.makeSymlink(path, node.content);
  else if (node.type === 'fifo') files.makeNode(path, 'fifo', null);
  else if (node.type === 'file' && node.sparse) makeSparse(files, path, node.content);
  else if (node.type === 'file') files.create(path, node.content);
  else if (node.type === 'socket') renameSync(taken(sockets), hostPath(files, path));
  else makeDevice(files, path, node);
}

function makeDevice(files: Files, path: RootPath, { type, content }: TreeNode): void {
  const [major = 0, minor = 0] = content.split(':').map(Number);
  files.makeNode(path, type === 'block' ? 'block' : 'character', { major, minor });
}

/** Everything but the longest run of zeros is written. */
function makeSparse(files: Files, path: RootPath, content: string): void {
  const end = content.replace(/\0+/, '').length;
  const head = content.indexOf('\0');
  const descriptor = openSync(hostPath(files, path), 'wx', 0o600);
  try {
    ftruncateSync(descriptor, content.length);
    if (head > 0) writeSync(descriptor, content.slice(0, head), 0, 'latin1');
    if (end > head)
      writeSync(descriptor, content.slice(content.length - (end - head)), content.length - (end - head), 'latin1');
  } finally {
    closeSync(descriptor);
  }
}

function setAll(files: Files, path: RootPath, node: TreeNode): void {
  if (node.uid !== 0 || node.gid !== 0 || path === '/') files.setOwner(path, node.uid, node.gid);
  if (node.type !== 'symlink') files.setMode(path, node.mode);
  for (const [name, value] of node.xattrs) files.setXattr(path, name, value);
  if ((node.flags & ~lockingFlags) !== 0) files.setFlags(path, node.flags & ~lockingFlags);
  const nanoseconds = Number(((node.mtime % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
  files.setModified(path, { seconds: Number((node.mtime - BigInt(nanoseconds)) / 1_000_000_000n), nanoseconds });
  if ((node.flags & lockingFlags) !== 0) files.setFlags(path, node.flags);
}

/** Where a path of a root is on this machine, in bytes. */
export function hostPath(files: Files, path: RootPath): Buffer {
  return Buffer.from(path === '/' ? files.root : childOf(files.root, path.slice(1)), 'latin1');
}

function taken(sockets: Sockets): string {
  const socket = sockets.shift();
  if (socket === undefined) throw new RangeError('there are fewer sockets than the trees need');
  return socket;
}
