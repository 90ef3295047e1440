import { aclAccess, aclDefault, fileCapability, inodeFlags } from '../../src/domain/entry.ts';
import type { Random } from '../merge/text/random.ts';
import type { NodeType, TreeNode } from './tree-node.ts';

const modes = [0o600, 0o640, 0o644, 0o700, 0o750, 0o755, 0o777, 0o000, 0o444];
const ids = [0, 0, 1, 1000, 65_534, 100_000];
const xattrNames = ['user.a', 'user.b', 'user.\xff\xfe', 'trusted.x'];
const xattrValues = ['', 'x', 'one', 'two', 'nul\0inside', '\xff\xfe\x00', 'v'.repeat(300)];
const flags = [
  inodeFlags.noDump,
  inodeFlags.noAccessTime,
  inodeFlags.immutable,
  inodeFlags.appendOnly,
  inodeFlags.synchronous,
];

/** A mode and an access list that agree: the group's bits of the mode are the mask of the list (acl(5)). */
export function choosePermissions(random: Random, node: TreeNode): void {
  if (node.type === 'symlink') return;
  const special = node.type === 'directory' ? [0o1000, 0o2000] : [0o4000, 0o2000];
  node.mode = random.pick(modes) | (random.chance(0.15) ? random.pick(special) : 0);
  node.xattrs.delete(aclAccess);
  if (random.chance(0.25)) node.xattrs.set(aclAccess, accessList(node.mode, random.pick([1, 1000]), random.below(8)));
  if (node.type !== 'directory') return;
  node.xattrs.delete(aclDefault);
  if (random.chance(0.2)) node.xattrs.set(aclDefault, accessList(random.pick(modes), 1000, random.below(8)));
}

export function chooseOwner(random: Random, node: TreeNode): void {
  node.uid = random.pick(ids);
  if (random.chance(0.7)) node.gid = random.pick(ids);
}

export function changeXattr(random: Random, node: TreeNode): void {
  // Links and special files have no user.* attributes (xattr(7)).
  const plain = node.type === 'file' || node.type === 'directory';
  const name = plain ? random.pick(xattrNames) : 'trusted.x';
  if (node.xattrs.has(name) && random.chance(0.5)) node.xattrs.delete(name);
  else node.xattrs.set(name, random.pick(xattrValues));
}

/** Root itself is never locked: no filesystem tool expects that, and the run's own folder lies in it. */
export function changeFlags(random: Random, node: TreeNode, isRoot: boolean): void {
  if (node.type !== 'file' && node.type !== 'directory') return;
  const flag = random.pick(isRoot ? flags.slice(0, 2) : flags);
  node.flags ^= flag;
}

export function changeCapability(random: Random, node: TreeNode): void {
  if (node.type !== 'file') return;
  if (node.xattrs.has(fileCapability) && random.chance(0.5)) node.xattrs.delete(fileCapability);
  // struct vfs_cap_data of linux/capability.h: revision 2, effective; permitted and inheritable sets, low and high.
  else node.xattrs.set(fileCapability, littleEndian(0x02000001, 2 ** random.below(20), 0, 0, 0));
}

export function chooseTime(random: Random): bigint {
  const seconds = random.chance(0.05)
    ? -BigInt(random.below(1_000_000))
    : BigInt(1_000_000_000 + random.below(700_000_000));
  return seconds * 1_000_000_000n + BigInt(random.below(1_000_000_000));
}

/** A node of a type with plain attributes. */
export function plainNode(random: Random, type: NodeType, content: string): TreeNode {
  const modes: Partial<Record<NodeType, number>> = { directory: 0o755, symlink: 0o777 };
  const mode = modes[type] ?? 0o644;
  const common = { uid: 0, gid: 0, flags: 0, sparse: false };
  return { type, mode, content, mtime: chooseTime(random), xattrs: new Map(), children: new Map(), ...common };
}

/** The binary form of linux/posix_acl_xattr.h: version 2, then tag, permissions and id of each entry. */
function accessList(mode: number, user: number, permissions: number): string {
  const nobody = 0xffffffff;
  const entries: readonly (readonly [tag: number, permissions: number, id: number])[] = [
    [0x01, (mode >> 6) & 7, nobody],
    [0x02, permissions, user],
    [0x04, permissions ^ 1, nobody],
    [0x10, (mode >> 3) & 7, nobody],
    [0x20, mode & 7, nobody],
  ];
  return littleEndian(2, ...entries.flatMap(([tag, allowed, id]) => [tag + allowed * 0x10000, id]));
}

function littleEndian(...numbers: readonly number[]): string {
  return numbers
    .map((number) => String.fromCharCode(...[0, 8, 16, 24].map((shift) => (number >>> shift) & 0xff)))
    .join('');
}
