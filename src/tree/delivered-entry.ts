import type { Entry } from '../domain/entry.ts';
import { aclAccess, aclDefault } from '../domain/entry.ts';
import { sameEntry } from '../domain/identity.ts';
import type { RootPath } from '../domain/path.ts';
import type { Digest, Shipped } from '../domain/shipped.ts';
import type { Files } from '../system/files.ts';

/**
 * What stood at a path when it was delivered; `source` has its content, null where no tree has. `at` is where, if that is
 * not the path itself.
 */
export type Delivered = {
  readonly entry: Entry;
  readonly source: 'ours' | 'theirs' | null;
  readonly at?: RootPath;
};

/** The trees that there are, and which number a name of ours has. */
export type Witnesses = {
  readonly ours: Files;
  readonly theirs: Files;
  readonly userNumber: (name: string) => number | null;
  readonly groupNumber: (name: string) => number | null;
  /** Other paths of ours at which a file with that digest was delivered: templates of settings, for one. */
  readonly copiesOf: (digest: Digest) => readonly RootPath[];
};

type Pair = { readonly ours: Entry | null; readonly theirs: Entry | null };

/** The size of content that nobody has: no file's is equal to it. */
const unknownSize = -1;

/**
 * What a package delivered at a path, as far as its database tells. Where a digest or a target is that of one of the
 * trees, the entry has that tree's content. Null where the database knows nothing that helps and both trees do not agree.
 */
export function deliveredEntry(path: RootPath, shipped: Shipped, witnesses: Witnesses): Delivered | null {
  const pair: Pair = { ours: witnesses.ours.entry(path), theirs: witnesses.theirs.entry(path) };
  const { ours, theirs } = pair;
  if (ours === null && theirs === null) return null;
  if (ours !== null && shipped.generated === true) return { entry: ours, source: 'ours' };
  for (const source of ['ours', 'theirs'] as const) {
    const entry = pair[source];
    if (entry !== null && isAsShipped(entry, path, shipped, witnesses[source])) {
      return { entry: withAttributes(entry, pair, shipped, witnesses), source };
    }
  }
  const type = typeOf(shipped);
  if (type !== null) return withCopy(unknownEntry(type, pair, shipped, witnesses), shipped, witnesses);
  // It was there, and that is all that is known.
  if (ours === null) return theirs === null ? null : { entry: theirs, source: 'theirs' };
  if (ours.type === 'directory') return { entry: withAttributes(ours, pair, shipped, witnesses), source: 'ours' };
  return isSameOnBoth(path, pair, witnesses) ? { entry: ours, source: 'ours' } : null;
}

/** The content may be in ours under another name, as a setting's is that is made from a template. */
function withCopy(entry: Entry, { digest }: Shipped, { ours, copiesOf }: Witnesses): Delivered {
  if (digest === null || entry.type !== 'file') return { entry, source: null };
  for (const at of copiesOf(digest)) {
    const status = ours.status(at);
    if (status?.type !== 'file' || ours.digest(at, digest.algorithm) !== digest.hex) continue;
    return { entry: { ...entry, size: status.size }, source: 'ours', at };
  }
  return { entry, source: null };
}

/** What no package knows: where both trees agree nobody changed it; else there is nothing to go by. */
export function unownedEntry(path: RootPath, witnesses: Witnesses): Delivered | null {
  const pair: Pair = { ours: witnesses.ours.entry(path), theirs: witnesses.theirs.entry(path) };
  const { ours } = pair;
  return ours !== null && isSameOnBoth(path, pair, witnesses) ? { entry: ours, source: 'ours' } : null;
}

function isSameOnBoth(path: RootPath, { ours, theirs }: Pair, witnesses: Witnesses): boolean {
  if (ours === null || theirs === null || ours.type !== theirs.type) return false;
  const isFile = ours.type === 'file';
  const sameSize = isFile && ours.size === theirs.size;
  return sameEntry(ours, theirs, sameSize && witnesses.ours.sameContent(path, witnesses.theirs, path));
}

function typeOf({ digest, target, attributes }: Shipped): Entry['type'] | null {
  if (attributes !== null) return attributes.type;
  if (digest !== null) return 'file';
  return target === null ? null : 'symlink';
}

function isAsShipped(entry: Entry, path: RootPath, shipped: Shipped, files: Files): boolean {
  const { digest, target } = shipped;
  if (entry.type !== typeOf(shipped)) return false;
  if (entry.type === 'file') return digest !== null && files.digest(path, digest.algorithm) === digest.hex;
  if (entry.type === 'symlink') return entry.target === target;
  return entry.type === 'directory';
}

/**
 * Attributes that the database does not know are taken from theirs, and named as not known: where ours has others, ours
 * stays, and an item says that it cannot be told who changed them. Ours would give the image's for what was set here.
 */
function withAttributes(entry: Entry, { ours, theirs }: Pair, shipped: Shipped, witnesses: Witnesses): Entry {
  const like = [theirs, ours].find((candidate) => candidate?.type === entry.type) ?? entry;
  const { mode, uid, gid, xattrs, flags } = like;
  return { ...entry, mode, uid, gid, xattrs, flags, ...knownAttributes(like, shipped, witnesses) };
}

type Known = Pick<Entry, 'knownAttributes'> & Partial<Entry>;

function knownAttributes(like: Entry, { attributes }: Shipped, { userNumber, groupNumber }: Witnesses): Known {
  if (attributes === null || like.type === 'symlink') return { knownAttributes: [] };
  const uid = userNumber(attributes.user);
  const gid = groupNumber(attributes.group);
  const owner = uid === null ? {} : { uid };
  const group = gid === null ? {} : { gid };
  // A package delivers no access control lists.
  const xattrs = like.xattrs.filter(({ name }) => name !== aclAccess && name !== aclDefault);
  const names = ['mode', ...(uid === null || gid === null ? [] : ['owner', 'group'])];
  return { knownAttributes: names, mode: attributes.mode, xattrs, ...owner, ...group };
}

function unknownEntry(type: Entry['type'], pair: Pair, shipped: Shipped, witnesses: Witnesses): Entry {
  const like = [pair.theirs, pair.ours].find((candidate) => candidate?.type === type) ?? blank(type);
  const { target: _, device: __, ...rest } = like;
  const target = shipped.target === null ? {} : { target: shipped.target };
  const size = type === 'file' ? unknownSize : 0;
  return withAttributes({ ...rest, ...target, size, inode: nowhere }, pair, shipped, witnesses);
}

/** No inode of a real tree. */
export const nowhere: Entry['inode'] = Object.freeze({ device: -1, number: 0, links: 1 });

function blank(type: Entry['type']): Entry {
  const mtime = { seconds: 0, nanoseconds: 0 };
  return { type, mode: 0, uid: 0, gid: 0, size: 0, mtime, inode: nowhere, xattrs: [], flags: 0 };
}
