import type { ByteString } from '../../domain/bytes.ts';
import { native } from './libc.ts';
import { ioctlRequests, seek } from './linux.ts';
import { callError, checked } from './place.ts';

/** How a kernel or filesystem says "not these two files"; anything else is a real failure. */
const cannotShare = new Set(['EXDEV', 'EOPNOTSUPP', 'ENOTTY', 'EINVAL', 'ENOSYS', 'EPERM', 'ETXTBSY']);

/** Those of them that are about the filesystems, and so the same for all their files. */
const neverShare = new Set(['EXDEV', 'EOPNOTSUPP', 'ENOTTY', 'ENOSYS']);

/** FICLONE: makes the empty file share all extents of the other. Says whether these two cannot share, or none of their filesystems. */
export function cloneWhole(from: number, to: number, path: ByteString): 'shared' | 'not-these' | 'never' {
  const { libc, errno } = native();
  if (libc.ioctlNumber(to, ioctlRequests.clone, from) >= 0) return 'shared';
  const code = errno();
  if (neverShare.has(code)) return 'never';
  if (cannotShare.has(code)) return 'not-these';
  throw callError(code, 'ioctl(FICLONE)', path);
}

/** copy_file_range from and to the descriptors' positions: bytes copied; null where the two need reads and writes. */
export function copyRange(from: number, to: number, size: number, path: ByteString): number | null {
  const { libc, errno } = native();
  const copied = libc.copy_file_range(from, null, to, null, size, 0);
  if (copied >= 0) return copied;
  const code = errno();
  if (cannotShare.has(code)) return null;
  throw callError(code, 'copy_file_range', path);
}

/** Sets the descriptor's position. */
export function seekTo(descriptor: number, offset: number, path: ByteString): void {
  checked(native().libc.lseek(descriptor, offset, seek.set), 'lseek', path);
}

/** Where the next data begins, at the offset or after it; null where only a hole follows. */
export function nextData(descriptor: number, offset: number, path: ByteString): number | null {
  const { libc, errno } = native();
  const data = libc.lseek(descriptor, offset, seek.data);
  if (data >= 0) return data;
  const code = errno();
  if (code === 'ENXIO') return null;
  // A filesystem that knows no holes: everything is data.
  if (code === 'EINVAL') return offset;
  throw callError(code, 'lseek(SEEK_DATA)', path);
}

/** Where the next hole begins, the end of the file at the latest. */
export function nextHole(descriptor: number, offset: number, size: number, path: ByteString): number {
  const { libc, errno } = native();
  const hole = libc.lseek(descriptor, offset, seek.hole);
  if (hole >= 0) return Math.min(hole, size);
  const code = errno();
  if (code === 'EINVAL') return size;
  throw callError(code, 'lseek(SEEK_HOLE)', path);
}
