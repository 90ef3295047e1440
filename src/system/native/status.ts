import type { ByteString } from '../../domain/bytes.ts';
import type { FileType } from '../../domain/entry.ts';
import type { Status } from '../files.ts';
import { native } from './libc.ts';
import { atFlags, statxMask, typeBits } from './linux.ts';
import { brieflyCString, callError, checked, cString } from './place.ts';

/** Smaller files may take no blocks of their own, and have no holes worth telling. */
const leastWithHoles = 0x10000;

const statxFlags = atFlags.noFollow | atFlags.noAutomount;

/** AT_EMPTY_PATH: no name means the descriptor's own file. */
const itself = cString('');

/** Reads statuses into one buffer, used over and over: a scan asks for a hundred thousand. */
export class StatusReader {
  /** struct statx of linux/stat.h is 256 bytes; the numbers below are offsets in 32-bit words. */
  readonly #words = new Uint32Array(64);

  /** The status of a name in a directory, or the kernel's name of the error. */
  read(directory: number, name: ByteString, path: ByteString): Status | string {
    const { libc, errno } = native();
    if (libc.statx(directory, brieflyCString(name), statxFlags, statxMask, this.#words) < 0) return errno();
    return this.#decode(path);
  }

  /** The status of an open file or directory. */
  readOpened(descriptor: number, path: ByteString): Status {
    checked(native().libc.statx(descriptor, itself, atFlags.itself, statxMask, this.#words), 'statx', path);
    return this.#decode(path);
  }

  /** Bytes that what was read last takes on the disk: fewer than its size where it has holes. */
  get allocated(): number {
    return this.#long(12) * 512;
  }

  #decode(path: ByteString): Status {
    const mode = this.#word(7) & 0xffff;
    const type = typeOf(mode, this.#word(32) === 0 && this.#word(33) === 0);
    const isDevice = type === 'character' || type === 'block';
    // Every status has its properties in the same order, and none is spread: that takes as long as the call.
    const status: Status = {
      type,
      mode: mode & 0o7777,
      uid: this.#word(5),
      gid: this.#word(6),
      size: type === 'file' ? safe(this.#long(10), path) : 0,
      mtime: { seconds: safe(this.#signedLong(28), path), nanoseconds: this.#word(30) },
      inode: {
        device: deviceId(this.#word(34), this.#word(35)),
        number: this.#inodeNumber(path),
        links: this.#word(4),
      },
      device: isDevice ? { major: this.#word(32), minor: this.#word(33) } : null,
      mountId: this.#long(36),
    };
    const { allocated } = this;
    return status.size >= leastWithHoles && allocated < status.size ? { ...status, allocated } : status;
  }

  #word(index: number): number {
    return this.#words[index] ?? 0;
  }

  /** Mostly there is no upper half; what comes from its product is kept as a float, which takes memory of its own. */
  #long(index: number): number {
    const upper = this.#word(index + 1);
    return upper === 0 ? this.#word(index) : upper * 0x100000000 + this.#word(index);
  }

  #signedLong(index: number): number {
    const upper = this.#word(index + 1) | 0;
    return upper === 0 ? this.#word(index) : upper * 0x100000000 + this.#word(index);
  }

  /**
   * The inode's number. Overlayfs marks the layer in the topmost bits (`xino`), beyond what a JavaScript number holds
   * exactly: these three bits move down to bit 50, where no filesystem's own numbers reach.
   */
  #inodeNumber(path: ByteString): number {
    const high = this.#word(9);
    const layer = high >>> 29;
    if (high === 0) return this.#word(8);
    const rest = high & 0x1fffffff;
    if (rest >= 0x40000) throw callError('EOVERFLOW', 'statx', path);
    return (layer * 0x40000 + rest) * 0x100000000 + this.#word(8);
  }
}

/** A device number in one, as stat(2) gives it: `makedev` of sys/sysmacros.h for the kernel's 12 and 20 bits. */
export function deviceId(major: number, minor: number): number {
  return Math.floor(minor / 0x100) * 0x100000 + major * 0x100 + (minor % 0x100);
}

function typeOf(mode: number, deviceIsZero: boolean): FileType {
  switch (mode & typeBits.mask) {
    case typeBits.file:
      return 'file';
    case typeBits.directory:
      return 'directory';
    case typeBits.symlink:
      return 'symlink';
    case typeBits.character:
      return deviceIsZero ? 'whiteout' : 'character';
    case typeBits.block:
      return 'block';
    case typeBits.fifo:
      return 'fifo';
    default:
      return 'socket';
  }
}

function safe(value: number, path: ByteString): number {
  if (!Number.isSafeInteger(value)) throw callError('EOVERFLOW', 'statx', path);
  return value;
}
