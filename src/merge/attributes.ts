import {
  aclAccess,
  aclDefault,
  type Entry,
  fileCapability,
  selinuxLabel,
  type Xattr,
  xattrOf,
} from '../domain/entry.ts';
import { type Difference, otherXattrNames } from '../domain/identity.ts';
import type { Attributes } from '../domain/plan.ts';

/** Attributes without the time, which goes with the content. */
export type TimelessAttributes = Omit<Attributes, 'mtime'>;

export type MergedAttributes = {
  readonly attributes: TimelessAttributes;
  /** Properties that all three sides have differently, of which a person should know. */
  readonly conflicts: readonly Difference[];
  /** What base (null without one), ours and theirs have of each conflict: what an answer to it rests on. */
  readonly disputed: readonly (readonly (string | null)[])[];
};

/** A property that is decided as one: how to compare it, and which part of an entry it is. */
type Unit = {
  readonly name: Difference;
  readonly valueOf: (entry: Entry) => string;
  readonly take: (draft: Draft, from: Entry) => void;
};

type Draft = { permissions: number; privileges: number; uid: number; gid: number; flags: number; xattrs: Xattr[] };

const setidBits = 0o6000;

/**
 * Merges the attributes of one path, property by property: theirs where ours did not change it, ours where theirs did not
 * or both agree, else `onConflict`'s. Without a base, what both sides agree on, else `onConflict`'s.
 */
export function mergeAttributes(
  base: Entry | null,
  ours: Entry,
  theirs: Entry,
  onConflict: 'ours' | 'theirs' = 'ours',
): MergedAttributes {
  const draft: Draft = { permissions: 0, privileges: 0, uid: 0, gid: 0, flags: 0, xattrs: [] };
  const conflicts: Difference[] = [];
  const disputed: (string | null)[][] = [];
  for (const unit of unitsOf(base === null ? [ours, theirs] : [base, ours, theirs])) {
    const known = base?.knownAttributes?.includes(unit.name) ?? true;
    const [b, o, t] = [base === null || !known ? null : unit.valueOf(base), unit.valueOf(ours), unit.valueOf(theirs)];
    const conflict = b !== o && b !== t && o !== t;
    if (conflict) {
      conflicts.push(unit.name);
      disputed.push([b, o, t]);
    }
    unit.take(draft, b === o || (conflict && onConflict === 'theirs') ? theirs : ours);
  }
  takeXattr(draft, xattrOf(theirs, selinuxLabel) === null ? ours : theirs, selinuxLabel);
  return { attributes: finish(draft), conflicts, disputed };
}

/** An entry's own attributes, whole. */
export function attributesOf(entry: Entry): TimelessAttributes {
  const { mode, uid, gid, xattrs, flags } = entry;
  return { mode, uid, gid, xattrs, flags };
}

function unitsOf(entries: readonly Entry[]): Unit[] {
  const ownership = entries.some(isPrivileged) ? [privilegedOwner] : [owner, group];
  return [permissions, ...ownership, flags, ...otherXattrNames(...entries).map(xattrUnit)];
}

/** Apart, a mode and an ACL loosen files: the group bits of the mode are the ACL's mask. */
const permissions: Unit = {
  name: 'mode',
  valueOf: (entry) => JSON.stringify([permissionBits(entry), xattrOf(entry, aclAccess), xattrOf(entry, aclDefault)]),
  take(draft, from) {
    draft.permissions = permissionBits(from);
    takeXattr(draft, from, aclAccess);
    takeXattr(draft, from, aclDefault);
  },
};

const owner: Unit = {
  name: 'owner',
  valueOf: (entry) => String(entry.uid),
  take(draft, from) {
    draft.uid = from.uid;
  },
};

const group: Unit = {
  name: 'group',
  valueOf: (entry) => String(entry.gid),
  take(draft, from) {
    draft.gid = from.gid;
  },
};

/** Setuid, setgid and capabilities go with the owner: one side's privilege must not meet the other side's account. */
const privilegedOwner: Unit = {
  name: 'owner',
  valueOf: (entry) => JSON.stringify([entry.uid, entry.gid, privilegeBits(entry), xattrOf(entry, fileCapability)]),
  take(draft, from) {
    draft.uid = from.uid;
    draft.gid = from.gid;
    draft.privileges = privilegeBits(from);
    takeXattr(draft, from, fileCapability);
  },
};

const flags: Unit = {
  name: 'flags',
  valueOf: (entry) => String(entry.flags),
  take(draft, from) {
    draft.flags = from.flags;
  },
};

function xattrUnit(name: string): Unit {
  return {
    name: `xattr:${name}`,
    valueOf: (entry) => JSON.stringify(xattrOf(entry, name)),
    take: (draft, from) => takeXattr(draft, from, name),
  };
}

function isPrivileged(entry: Entry): boolean {
  return privilegeBits(entry) !== 0 || xattrOf(entry, fileCapability) !== null;
}

/** On a directory setgid is inheritance, not privilege, and belongs to the permissions. */
function privilegeBits(entry: Entry): number {
  return entry.type === 'directory' ? 0 : entry.mode & setidBits;
}

function permissionBits(entry: Entry): number {
  return entry.mode & ~privilegeBits(entry);
}

function takeXattr(draft: Draft, from: Entry, name: string): void {
  const value = xattrOf(from, name);
  if (value !== null) draft.xattrs.push({ name, value });
}

function finish(draft: Draft): TimelessAttributes {
  const xattrs = draft.xattrs.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    mode: draft.permissions | draft.privileges,
    uid: draft.uid,
    gid: draft.gid,
    xattrs,
    flags: draft.flags,
  };
}
