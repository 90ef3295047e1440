import type { ByteString } from '../../domain/bytes.ts';
import type { DeviceNumber, Timestamp } from '../../domain/entry.ts';
import { native } from './libc.ts';
import { atFlags, omitTime, openFlags, typeBits } from './linux.ts';
import { brieflyCString, checked, cString, type Place } from './place.ts';
import { deviceId } from './status.ts';

/** Creates a regular file of mode 0600, less what the umask takes; gives its descriptor, for reading and writing. */
export function createFile(at: Place): number {
  const { libc } = native();
  return checked(libc.openat(at.directory, brieflyCString(at.name), openFlags.create, 0o600), 'openat', at.path);
}

/** Opens a regular file or directory for reading, its access time left alone where we may. Never open anything else. */
export function openForReading(at: Place): number {
  const { libc, errno } = native();
  const name = brieflyCString(at.name);
  const descriptor = libc.openat(at.directory, name, openFlags.read | openFlags.keepAccessTime, 0);
  if (descriptor >= 0 || errno() !== 'EPERM') return checked(descriptor, 'openat', at.path);
  // Only the owner and root may leave the access time alone.
  return checked(libc.openat(at.directory, name, openFlags.read, 0), 'openat', at.path);
}

/** Opens a regular file for writing. */
export function openForWriting(at: Place): number {
  const { libc } = native();
  return checked(libc.openat(at.directory, cString(at.name), openFlags.write, 0), 'openat', at.path);
}

/** Opens a file for its lock; makes it, of mode 0600, where it is missing. */
export function openForLock(at: Place): number {
  const { libc } = native();
  return checked(libc.openat(at.directory, cString(at.name), openFlags.lock, 0o600), 'openat', at.path);
}

/** mkdirat, mode 0700. */
export function makeDirectory(at: Place): void {
  checked(native().libc.mkdirat(at.directory, cString(at.name), 0o700), 'mkdirat', at.path);
}

/** mknodat of a fifo or device, mode 0600. */
export function makeNode(at: Place, type: 'fifo' | 'character' | 'block', device: DeviceNumber | null): void {
  const number = device === null ? 0 : deviceId(device.major, device.minor);
  checked(native().libc.mknodat(at.directory, cString(at.name), typeBits[type] | 0o600, number), 'mknodat', at.path);
}

/** symlinkat. */
export function makeSymlink(at: Place, target: ByteString): void {
  checked(native().libc.symlinkat(cString(target), at.directory, cString(at.name)), 'symlinkat', at.path);
}

/** PATH_MAX, which a target cannot exceed. */
const target = Buffer.alloc(4096);

/** Where a link points. */
export function readLink(at: Place): ByteString {
  const { libc } = native();
  const length = checked(
    libc.readlinkat(at.directory, brieflyCString(at.name), target, target.length),
    'readlinkat',
    at.path,
  );
  return target.toString('latin1', 0, length);
}

/** linkat: the new name is of the same inode, also where that is a link. */
export function link(existing: Place, at: Place): void {
  const { libc } = native();
  const result = libc.linkat(existing.directory, cString(existing.name), at.directory, cString(at.name), 0);
  checked(result, 'linkat', at.path);
}

/** renameat. */
export function rename(from: Place, to: Place): void {
  const { libc } = native();
  checked(
    libc.renameat(from.directory, cString(from.name), to.directory, brieflyCString(to.name)),
    'renameat',
    to.path,
  );
}

/** linux/fs.h */
const renameExchange = 2;

/** renameat2 with RENAME_EXCHANGE: each gets the other's name, at once. */
export function exchange(a: Place, b: Place): void {
  const { libc } = native();
  const result = libc.renameat2(a.directory, cString(a.name), b.directory, cString(b.name), renameExchange);
  checked(result, 'renameat2', b.path);
}

/** unlinkat of anything but a directory. */
export function unlink(at: Place): void {
  checked(native().libc.unlinkat(at.directory, brieflyCString(at.name), 0), 'unlinkat', at.path);
}

/** unlinkat of an empty directory. */
export function removeDirectory(at: Place): void {
  checked(native().libc.unlinkat(at.directory, cString(at.name), atFlags.removeDirectory), 'unlinkat', at.path);
}

/** fchownat, of a link itself too. */
export function setOwner(at: Place, uid: number, gid: number): void {
  const { libc } = native();
  checked(libc.fchownat(at.directory, brieflyCString(at.name), uid, gid, atFlags.noFollow), 'fchownat', at.path);
}

/** fchmodat; EOPNOTSUPP for a link, which has no mode of its own. */
export function setMode(at: Place, mode: number): void {
  const { libc } = native();
  checked(libc.fchmodat(at.directory, brieflyCString(at.name), mode, atFlags.noFollow), 'fchmodat', at.path);
}

/** utimensat: the modification time only, of a link itself too. */
export function setModified(at: Place, mtime: Timestamp): void {
  const { libc } = native();
  const name = brieflyCString(at.name);
  checked(libc.utimensat(at.directory, name, onlyModified(mtime), atFlags.noFollow), 'utimensat', at.path);
}

/** struct timespec of the access time, which stays, and of the modification time; used over and over. */
const times = Buffer.alloc(32);
times.writeBigInt64LE(BigInt(omitTime), 8);

/** Both times as the calls want them, valid until the next ones are. */
export function onlyModified({ seconds, nanoseconds }: Timestamp): Buffer {
  times.writeBigInt64LE(BigInt(seconds), 16);
  times.writeBigInt64LE(BigInt(nanoseconds), 24);
  return times;
}
