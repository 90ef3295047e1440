import { lockingFlags, selinuxLabel } from '../domain/entry.ts';
import { errorCode, isUnsupported } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Attributes } from '../domain/plan.ts';
import type { Files } from '../system/files.ts';

/**
 * Gives a path its attributes, in the one order that works: owner (clears setuid and capabilities, case 34), mode,
 * extended attributes, flags, time. Flags that lock are left out unless `lock`: they come when nothing follows.
 * What the filesystem does not support is passed over here and found by `verify`.
 */
export function setAttributes(files: Files, path: RootPath, attributes: Attributes, { lock }: { lock: boolean }): void {
  const status = files.status(path);
  if (status === null) return;
  if (status.uid !== attributes.uid || status.gid !== attributes.gid)
    files.setOwner(path, attributes.uid, attributes.gid);
  // Read after the owner is set: that may have taken a capability away already.
  const entry = files.entry(path);
  if (entry === null) return;
  if (entry.type !== 'symlink') files.setMode(path, attributes.mode);
  const wanted = new Set(attributes.xattrs.map(({ name }) => name));
  for (const { name } of entry.xattrs) {
    if (!wanted.has(name) && name !== selinuxLabel) files.removeXattr(path, name);
  }
  for (const { name, value } of attributes.xattrs) whereSupported(() => files.setXattr(path, name, value));
  if (entry.type === 'file' || entry.type === 'directory') {
    const flags = attributes.flags & ~lockingFlags;
    if (entry.flags !== flags) whereSupported(() => files.setFlags(path, flags));
  }
  files.setModified(path, attributes.mtime);
  if (lock) setLock(files, path, attributes);
}

/** Sets the flags that forbid further changes, where there are any. */
export function setLock(files: Files, path: RootPath, { flags }: Attributes): void {
  if ((flags & lockingFlags) !== 0) whereSupported(() => files.setFlags(path, flags));
}

/** Runs a change of a path; where a flag forbids it (EPERM), takes locking flags off the path and its directory first. */
export function unlocked(files: Files, paths: readonly RootPath[], change: () => void): void {
  try {
    change();
  } catch (error) {
    const locked = paths.filter((path) => ((files.entry(path)?.flags ?? 0) & lockingFlags) !== 0);
    if (errorCode(error) !== 'EPERM' || locked.length === 0) throw error;
    locked.reduceRight((inner, path) => () => withoutLock(files, path, inner), change)();
  }
}

/** A lock belongs to the file: its other names keep it. A directory gets what is planned for it in the end. */
function withoutLock(files: Files, path: RootPath, change: () => void): void {
  const entry = files.entry(path);
  if (entry === null) return;
  if (entry.type === 'file' && entry.inode.links > 1) {
    files.withoutFlags(path, lockingFlags, change);
    return;
  }
  files.setFlags(path, entry.flags & ~lockingFlags);
  change();
}

function whereSupported(attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
}
