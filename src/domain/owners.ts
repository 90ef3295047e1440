import type { ByteString } from './bytes.ts';
import { aclAccess, aclDefault, type Entry, type Xattr } from './entry.ts';

/** Numbers of users or groups that stand for another number elsewhere; those not in it stay. */
export type NumberMap = ReadonlyMap<number, number>;

/** What the numbers of one tree are in the result: owners are names, numbers only stand for them (cases 43 to 48). */
export type OwnerMap = { readonly users: NumberMap; readonly groups: NumberMap };

/** The map of each tree into the numbers of the result. */
export type OwnerMaps = { readonly base: OwnerMap; readonly ours: OwnerMap; readonly theirs: OwnerMap };

export const sameOwners: OwnerMap = Object.freeze({ users: new Map(), groups: new Map() });

/** Maps that change nothing, where the trees have no accounts to go by. */
export const noOwnerMaps: OwnerMaps = Object.freeze({ base: sameOwners, ours: sameOwners, theirs: sameOwners });

/** Whether the map leaves every number as it is. */
export function changesNothing({ users, groups }: OwnerMap): boolean {
  return users.size === 0 && groups.size === 0;
}

/** The entry with the numbers of the result, those in its access control lists included; itself where none changes. */
export function translateOwners(entry: Entry, map: OwnerMap): Entry {
  const uid = map.users.get(entry.uid) ?? entry.uid;
  const gid = map.groups.get(entry.gid) ?? entry.gid;
  const xattrs = entry.xattrs.some(isAcl) ? translateAcls(entry.xattrs, map) : entry.xattrs;
  if (uid === entry.uid && gid === entry.gid && xattrs === entry.xattrs) return entry;
  return { ...entry, uid, gid, xattrs };
}

function isAcl({ name }: Xattr): boolean {
  return name === aclAccess || name === aclDefault;
}

function translateAcls(xattrs: readonly Xattr[], map: OwnerMap): readonly Xattr[] {
  const translated = xattrs.map((xattr) =>
    isAcl(xattr) ? { name: xattr.name, value: translateAcl(xattr.value, map) } : xattr,
  );
  return translated.every(({ value }, index) => value === xattrs[index]?.value) ? xattrs : translated;
}

/** The users and groups that the entry's owner, group and access control lists name. */
export function ownersOf(entry: Entry): { readonly users: readonly number[]; readonly groups: readonly number[] } {
  const users = [entry.uid];
  const groups = [entry.gid];
  for (const { value } of entry.xattrs.filter(isAcl)) {
    for (const { tag, id } of aclEntries(value)) {
      if (tag === namedUser) users.push(id);
      if (tag === namedGroup) groups.push(id);
    }
  }
  return { users, groups };
}

const headerBytes = 4;
const entryBytes = 8;
/** Tags of linux/posix_acl_xattr.h whose entries name a user or a group. */
const namedUser = 0x02;
const namedGroup = 0x08;

type AclEntry = { readonly tag: number; readonly permissions: number; readonly id: number };

/**
 * The entries of an access control list in the kernel's form (linux/posix_acl_xattr.h): a version of four bytes, then
 * entries of tag (2), permissions (2) and number (4), little-endian, sorted by tag and number.
 */
function aclEntries(value: ByteString): AclEntry[] {
  const view = viewOfBytes(value);
  const entries: AclEntry[] = [];
  for (let at = headerBytes; at + entryBytes <= view.byteLength; at += entryBytes) {
    const tag = view.getUint16(at, true);
    entries.push({ tag, permissions: view.getUint16(at + 2, true), id: view.getUint32(at + 4, true) });
  }
  return entries;
}

function translateAcl(value: ByteString, map: OwnerMap): ByteString {
  const view = viewOfBytes(value);
  const entries = aclEntries(value).map((entry) => ({ ...entry, id: translateId(entry, map) }));
  entries.sort((a, b) => a.tag - b.tag || a.id - b.id);
  for (const [index, { tag, permissions, id }] of entries.entries()) {
    const at = headerBytes + index * entryBytes;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, permissions, true);
    view.setUint32(at + 4, id, true);
  }
  return String.fromCharCode(...new Uint8Array(view.buffer));
}

function translateId({ tag, id }: AclEntry, { users, groups }: OwnerMap): number {
  if (tag === namedUser) return users.get(id) ?? id;
  return tag === namedGroup ? (groups.get(id) ?? id) : id;
}

function viewOfBytes(value: ByteString): DataView {
  return new DataView(Uint8Array.from(value, (character) => character.charCodeAt(0)).buffer);
}
