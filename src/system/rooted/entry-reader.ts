import type { ByteString } from '../../domain/bytes.ts';
import { carriedFlags, type Entry, type Xattr } from '../../domain/entry.ts';
import type { Status } from '../files.ts';
import { readFlags } from '../native/flags.ts';
import { readLink } from '../native/names.ts';
import type { Place } from '../native/place.ts';
import { xattrsOfDescriptor, xattrsOfPlace } from '../native/xattrs.ts';

const noXattrs: readonly Xattr[] = [];

/** The entry of an open file or directory of which this is the status: adds attributes and flags. */
export function entryOfOpened(descriptor: number, path: ByteString, status: Status, withoutXattrs: boolean): Entry {
  const flags = (readFlags(descriptor, path) ?? 0) & carriedFlags;
  return entryOf(status, withoutXattrs ? noXattrs : xattrsOfDescriptor(descriptor, path), flags);
}

/** The entry of what must not be opened: links, fifos, devices, sockets. */
export function entryOfPlace(at: Place, status: Status, withoutXattrs: boolean): Entry {
  const unopened = entryOf(status, withoutXattrs ? noXattrs : xattrsOfPlace(at), 0);
  if (status.type === 'symlink') return { ...unopened, target: readLink(at) };
  return status.device === null ? unopened : { ...unopened, device: status.device };
}

function entryOf(
  { type, mode, uid, gid, size, allocated, mtime, inode }: Status,
  xattrs: readonly Xattr[],
  flags: number,
): Entry {
  const entry = { type, mode, uid, gid, size, mtime, inode, xattrs, flags };
  return allocated === undefined ? entry : { ...entry, allocated };
}
