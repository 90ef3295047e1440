import { carriedFlags, lockingFlags, selinuxLabel } from '../../domain/entry.ts';
import { isUnsupported } from '../../domain/failure.ts';
import type { FileAttributes, Status } from '../files.ts';
import { writeFlags } from '../native/flags.ts';
import { native } from '../native/libc.ts';
import { onlyModified } from '../native/names.ts';
import { checked } from '../native/place.ts';
import { removeXattrOfDescriptor, setXattrOfDescriptor, xattrsOfDescriptor } from '../native/xattrs.ts';
import type { NewFile } from './copy.ts';

/** Owner, mode and time of a new file, in this order: a change of owner takes setuid away (case 34). */
export function setBasicAttributes(
  { descriptor, path }: NewFile,
  { uid, gid, mode, mtime }: Pick<FileAttributes, 'uid' | 'gid' | 'mode' | 'mtime'>,
): void {
  const { libc } = native();
  checked(libc.fchown(descriptor, uid, gid), 'fchown', path);
  checked(libc.fchmod(descriptor, mode), 'fchmod', path);
  checked(libc.futimens(descriptor, onlyModified(mtime)), 'futimens', path);
}

/** What comes before the content: what was inherited goes, and flags are set, some of which only an empty file takes. */
export function readyForContent({ descriptor, path }: NewFile, { flags }: FileAttributes): void {
  for (const { name } of xattrsOfDescriptor(descriptor, path)) {
    if (name !== selinuxLabel) removeXattrOfDescriptor(descriptor, name, path);
  }
  try {
    writeFlags(descriptor, flags & carriedFlags & ~lockingFlags, path);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    writeFlags(descriptor, 0, path);
  }
}

/**
 * What comes after the content, in the one order that works: the owner (a change takes setuid and capabilities away, case
 * 34), mode, extended attributes, time. `status` is of the file when it was created.
 */
export function finishNewFile({ descriptor, path }: NewFile, attributes: FileAttributes, status: Status): void {
  const { uid, gid, mode, xattrs, mtime } = attributes;
  const { libc } = native();
  if (status.uid !== uid || status.gid !== gid) checked(libc.fchown(descriptor, uid, gid), 'fchown', path);
  if (status.mode !== mode) checked(libc.fchmod(descriptor, mode), 'fchmod', path);
  for (const xattr of xattrs) {
    try {
      setXattrOfDescriptor(descriptor, xattr, path);
    } catch (error) {
      if (!isUnsupported(error)) throw error;
    }
  }
  checked(libc.futimens(descriptor, onlyModified(mtime)), 'futimens', path);
}
