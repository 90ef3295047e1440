import {
  aclAccess,
  aclDefault,
  type DeviceNumber,
  type Entry,
  fileCapability,
  selinuxLabel,
  type Xattr,
  xattrOf,
} from './entry.ts';

/** A property that two entries of one type can differ in; `xattr:NAME` for every other extended attribute. */
export type Difference = 'content' | 'mode' | 'owner' | 'group' | 'flags' | `xattr:${string}`;

/**
 * In what two entries of one type differ, content of regular files apart (`tree` compares it). Time is no part of an
 * entry's identity (cases 2, 3), nor is the SELinux label (case 42), nor the size of a directory.
 */
export function attributeDifferences(a: Entry, b: Entry): Difference[] {
  const differences: Difference[] = [];
  if (a.mode !== b.mode || !sameXattr(a, b, aclAccess) || !sameXattr(a, b, aclDefault)) differences.push('mode');
  if (a.uid !== b.uid || !sameXattr(a, b, fileCapability)) differences.push('owner');
  if (a.gid !== b.gid) differences.push('group');
  if (a.flags !== b.flags) differences.push('flags');
  if (a.xattrs.length > 0 || b.xattrs.length > 0) {
    for (const name of otherXattrNames(a, b)) if (!sameXattr(a, b, name)) differences.push(`xattr:${name}`);
  }
  return differences;
}

/** Whether two entries of one type are equal in all but the content of regular files. */
export function sameAttributes(a: Entry, b: Entry): boolean {
  return attributeDifferences(a, b).length === 0;
}

/** Whether the content that an entry itself holds is equal: target of links, number of devices. */
export function sameInlineContent(a: Entry, b: Entry): boolean {
  return a.target === b.target && sameDevice(a.device, b.device);
}

/** Whether two entries are the same, whatever their types; `sameContent` is of regular files. */
export function sameEntry(a: Entry, b: Entry, sameContent: boolean): boolean {
  if (a.type !== b.type || !sameAttributes(a, b)) return false;
  return a.type === 'file' ? sameContent : sameInlineContent(a, b);
}

/** The names of the extended attributes, of either entry, that are a property of their own; sorted. */
export function otherXattrNames(...entries: readonly Entry[]): string[] {
  const names = new Set(entries.flatMap((entry) => entry.xattrs.map((xattr) => xattr.name)));
  for (const grouped of [aclAccess, aclDefault, fileCapability, selinuxLabel]) names.delete(grouped);
  return [...names].sort();
}

/** The attributes that count for identity. */
export function identifyingXattrs(xattrs: readonly Xattr[]): Xattr[] {
  return xattrs.filter((xattr) => xattr.name !== selinuxLabel);
}

function sameXattr(a: Entry, b: Entry, name: string): boolean {
  // Few entries have any: to look for each name in them would be most of a comparison.
  if (a.xattrs.length === 0 && b.xattrs.length === 0) return true;
  return xattrOf(a, name) === xattrOf(b, name);
}

function sameDevice(a: DeviceNumber | undefined, b: DeviceNumber | undefined): boolean {
  return a?.major === b?.major && a?.minor === b?.minor;
}
