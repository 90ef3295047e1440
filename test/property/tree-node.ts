import type { ByteString } from '../../src/domain/bytes.ts';
import { childOf, type RootPath } from '../../src/domain/path.ts';

/** What may stand at a path; a `whiteout` is the character device 0:0. */
export type NodeType = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character' | 'block' | 'whiteout';

/** A node of a file tree in memory. Two names of one file are one object: the same node in two places. */
export type TreeNode = {
  type: NodeType;
  /** 0 to 0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Nanoseconds since the epoch. */
  mtime: bigint;
  xattrs: Map<ByteString, ByteString>;
  /** Inode flags of chattr, as FS_IOC_GETFLAGS numbers them. */
  flags: number;
  /** Bytes of a file, target of a link, `major:minor` of a device; empty for the rest. */
  content: ByteString;
  /** Whether most of a large file is a hole. */
  sparse: boolean;
  children: Map<ByteString, TreeNode>;
};

/** A path and what stands there. */
export type Placed = { readonly path: RootPath; readonly node: TreeNode };

/** All of a tree, directories before what is in them. */
export function* placesOf(node: TreeNode, path: RootPath = '/'): Generator<Placed> {
  yield { path, node };
  for (const name of [...node.children.keys()].sort()) {
    const child = node.children.get(name);
    if (child !== undefined) yield* placesOf(child, childOf(path, name));
  }
}

/** The node at a path, or undefined. */
export function nodeAt(root: TreeNode, path: RootPath): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const name of path.split('/').filter(Boolean)) node = node?.children.get(name);
  return node;
}
