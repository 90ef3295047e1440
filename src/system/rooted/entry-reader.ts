import { closeSync } from 'node:fs';
import { carriedFlags, type Entry } from '../../domain/entry.ts';
import type { Status } from '../files.ts';
import { readFlags } from '../native/flags.ts';
import { openForReading, readLink } from '../native/names.ts';
import type { Place } from '../native/place.ts';
import { xattrsOfDescriptor, xattrsOfPlace } from '../native/xattrs.ts';

/** The entry of which this is the status: adds attributes, flags and target. Opens files and directories only. */
export function readEntry(at: Place, status: Status): Entry {
  const { type, mode, uid, gid, size, mtime, inode, device } = status;
  const common = { type, mode, uid, gid, size, mtime, inode };
  if (type === 'file' || type === 'directory') return { ...common, ...readOpened(at) };
  const unopened = { ...common, xattrs: xattrsOfPlace(at), flags: 0 };
  if (type === 'symlink') return { ...unopened, target: readLink(at) };
  return device === null ? unopened : { ...unopened, device };
}

function readOpened(at: Place): Pick<Entry, 'xattrs' | 'flags'> {
  const descriptor = openForReading(at);
  try {
    const flags = (readFlags(descriptor, at.path) ?? 0) & carriedFlags;
    return { xattrs: xattrsOfDescriptor(descriptor, at.path), flags };
  } finally {
    closeSync(descriptor);
  }
}
