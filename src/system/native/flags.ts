import type { ByteString } from '../../domain/bytes.ts';
import { carriedFlags } from '../../domain/entry.ts';
import { native } from './libc.ts';
import { ioctlRequests } from './linux.ts';
import { callError, checked } from './place.ts';

/** How filesystems say that they have no inode flags. */
const unsupported = new Set(['ENOTTY', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL']);

/** Used over and over: to allocate it takes longer than the call. */
const answer = new Uint32Array(1);

/** All inode flags of an open file or directory; null where the filesystem has none. */
export function readFlags(descriptor: number, path: ByteString): number | null {
  const { libc, errno } = native();
  if (libc.ioctl(descriptor, ioctlRequests.getFlags, answer) >= 0) return answer[0] ?? 0;
  const code = errno();
  if (unsupported.has(code)) return null;
  throw callError(code, 'ioctl(FS_IOC_GETFLAGS)', path);
}

/** Sets the carried flags to exactly these and leaves the filesystem's own. Fails where it has no such flag. */
export function writeFlags(descriptor: number, flags: number, path: ByteString): void {
  const present = readFlags(descriptor, path) ?? 0;
  const wanted = (present & ~carriedFlags) | (flags & carriedFlags);
  if (wanted === present) return;
  const argument = Uint32Array.of(wanted);
  checked(native().libc.ioctl(descriptor, ioctlRequests.setFlags, argument), 'ioctl(FS_IOC_SETFLAGS)', path);
}
