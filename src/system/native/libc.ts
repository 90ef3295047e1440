import { loadAddon } from './addon.ts';
import type { Koffi } from './koffi.ts';
import { staySmall } from './stay-small.ts';

type Bytes = Uint8Array;

/**
 * The C functions that Node lacks. Each returns what C does: a number, below zero on failure with `errno` set. Names are
 * NUL-terminated bytes (`cString`).
 */
export type Libc = {
  readonly openat: (directory: number, name: Bytes, flags: number, mode: number) => number;
  readonly close: (descriptor: number) => number;
  readonly statx: (directory: number, name: Bytes, flags: number, mask: number, into: Uint32Array) => number;
  readonly pread: (descriptor: number, into: Bytes, size: number, offset: number) => number;
  readonly pwrite: (descriptor: number, bytes: Bytes, size: number, offset: number) => number;
  readonly readlinkat: (directory: number, name: Bytes, into: Bytes, size: number) => number;

  readonly mkdirat: (directory: number, name: Bytes, mode: number) => number;
  readonly mknodat: (directory: number, name: Bytes, mode: number, device: number) => number;
  readonly symlinkat: (target: Bytes, directory: number, name: Bytes) => number;
  readonly linkat: (from: number, name: Bytes, to: number, newName: Bytes, flags: number) => number;
  readonly renameat: (from: number, name: Bytes, to: number, newName: Bytes) => number;
  readonly renameat2: (from: number, name: Bytes, to: number, newName: Bytes, flags: number) => number;
  readonly unlinkat: (directory: number, name: Bytes, flags: number) => number;

  readonly fchownat: (directory: number, name: Bytes, uid: number, gid: number, flags: number) => number;
  readonly fchmodat: (directory: number, name: Bytes, mode: number, flags: number) => number;
  readonly utimensat: (directory: number, name: Bytes, times: Bytes, flags: number) => number;
  readonly fchown: (descriptor: number, uid: number, gid: number) => number;
  readonly fchmod: (descriptor: number, mode: number) => number;
  readonly futimens: (descriptor: number, times: Bytes) => number;

  readonly flistxattr: (descriptor: number, into: Bytes, size: number) => number;
  readonly fgetxattr: (descriptor: number, name: Bytes, into: Bytes, size: number) => number;
  readonly fsetxattr: (descriptor: number, name: Bytes, value: Bytes, size: number, flags: number) => number;
  readonly fremovexattr: (descriptor: number, name: Bytes) => number;
  readonly llistxattr: (path: Bytes, into: Bytes, size: number) => number;
  readonly lgetxattr: (path: Bytes, name: Bytes, into: Bytes, size: number) => number;
  readonly lsetxattr: (path: Bytes, name: Bytes, value: Bytes, size: number, flags: number) => number;
  readonly lremovexattr: (path: Bytes, name: Bytes) => number;

  readonly mount: (source: Bytes, target: Bytes, filesystem: Bytes, flags: number, options: Bytes) => number;
  readonly umount2: (target: Bytes, flags: number) => number;

  /** ioctl with a pointer. */
  readonly ioctl: (descriptor: number, request: number, argument: Uint32Array) => number;
  /** ioctl with a number. */
  readonly ioctlNumber: (descriptor: number, request: number, argument: number) => number;
  readonly lseek: (descriptor: number, offset: number, whence: number) => number;
  /** With null for both offsets: from and to the descriptors' own positions, which move on. */
  readonly copy_file_range: (from: number, at: null, to: number, into: null, size: number, flags: number) => number;
  readonly syncfs: (descriptor: number) => number;
  readonly posix_fadvise: (descriptor: number, offset: number, size: number, advice: number) => number;
  readonly flock: (descriptor: number, operation: number) => number;

  readonly memfd_create: (name: Bytes, flags: number) => number;
  /** Fills in two descriptors: what is written to the second is read from the first. */
  readonly pipe2: (into: Uint32Array, flags: number) => number;
  /** System calls that older C libraries have no functions for, by their numbers. */
  readonly getdents64: (number: number, descriptor: number, into: Bytes, size: number) => number;
  readonly fsopen: (number: number, filesystem: Bytes, flags: number) => number;
  readonly fsconfig: (
    number: number,
    context: number,
    command: number,
    key: Bytes | null,
    value: Bytes | null,
    auxiliary: number,
  ) => number;
  readonly fsmount: (number: number, context: number, flags: number, attributes: number) => number;
};

/** The C library, and the kernel's name of the last call's error. */
export type Native = {
  readonly libc: Libc;
  readonly errno: () => string;
  /** The kernel's name of an error number. */
  readonly errorName: (number: number) => string;
  /** Keeps memory small from the first call on, and gives more back at every further one: for now and then in a long walk. */
  readonly saveMemory: () => void;
};

/** The C library, loaded when it is first needed: `--version` and `--help` do without. */
export const native: () => Native = lazily(loadNative);

function lazily<Value>(make: () => Value): () => Value {
  let held: { readonly value: Value } | null = null;
  return () => {
    held ??= { value: make() };
    return held.value;
  };
}

function loadNative(): Native {
  const koffi = loadAddon();
  const names = errorNames(koffi);
  const errorName = (number: number): string => names.get(number) ?? `errno ${number}`;
  const libc = declareLibc(koffi);
  return { libc, errno: () => errorName(koffi.errno()), errorName, saveMemory: savingMemory(koffi) };
}

function savingMemory(koffi: Koffi): () => void {
  let save = (): void => {
    save = staySmall(koffi);
  };
  return () => save();
}

function errorNames(koffi: Koffi): ReadonlyMap<number, string> {
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
  // Two names share each of these numbers; these are the kernel's.
  for (const name of ['EAGAIN', 'EDEADLK', 'EOPNOTSUPP']) {
    const number = koffi.os.errno[name];
    if (number !== undefined) names.set(number, name);
  }
  return names;
}

function declareLibc(koffi: Koffi): Libc {
  const { func } = bound(koffi);
  return {
    openat: func('int openat(int, const void *, int, uint)'),
    close: func('int close(int)'),
    statx: func('int statx(int, const void *, int, uint, void *)'),
    pread: func('int64_t pread(int, void *, size_t, int64_t)'),
    pwrite: func('int64_t pwrite(int, const void *, size_t, int64_t)'),
    readlinkat: func('int64_t readlinkat(int, const void *, void *, size_t)'),
    mkdirat: func('int mkdirat(int, const void *, uint)'),
    mknodat: func('int mknodat(int, const void *, uint, uint64_t)'),
    symlinkat: func('int symlinkat(const void *, int, const void *)'),
    linkat: func('int linkat(int, const void *, int, const void *, int)'),
    renameat: func('int renameat(int, const void *, int, const void *)'),
    renameat2: func('int renameat2(int, const void *, int, const void *, uint)'),
    unlinkat: func('int unlinkat(int, const void *, int)'),
    fchownat: func('int fchownat(int, const void *, uint, uint, int)'),
    fchmodat: func('int fchmodat(int, const void *, uint, int)'),
    utimensat: func('int utimensat(int, const void *, const void *, int)'),
    fchown: func('int fchown(int, uint, uint)'),
    fchmod: func('int fchmod(int, uint)'),
    futimens: func('int futimens(int, const void *)'),
    flistxattr: func('int64_t flistxattr(int, void *, size_t)'),
    fgetxattr: func('int64_t fgetxattr(int, const void *, void *, size_t)'),
    fsetxattr: func('int fsetxattr(int, const void *, const void *, size_t, int)'),
    fremovexattr: func('int fremovexattr(int, const void *)'),
    llistxattr: func('int64_t llistxattr(const void *, void *, size_t)'),
    lgetxattr: func('int64_t lgetxattr(const void *, const void *, void *, size_t)'),
    lsetxattr: func('int lsetxattr(const void *, const void *, const void *, size_t, int)'),
    lremovexattr: func('int lremovexattr(const void *, const void *)'),
    mount: func('int mount(const void *, const void *, const void *, ulong, const void *)'),
    umount2: func('int umount2(const void *, int)'),
    ioctl: func('int ioctl(int, ulong, void *)'),
    ioctlNumber: func('int ioctl(int, ulong, long)'),
    lseek: func('int64_t lseek(int, int64_t, int)'),
    copy_file_range: func('int64_t copy_file_range(int, void *, int, void *, size_t, uint)'),
    syncfs: func('int syncfs(int)'),
    posix_fadvise: func('int posix_fadvise(int, int64_t, int64_t, int)'),
    flock: func('int flock(int, int)'),
    memfd_create: func('int memfd_create(const void *, uint)'),
    pipe2: func('int pipe2(void *, int)'),
    getdents64: func('int64_t syscall(int64_t, int, void *, size_t)'),
    fsopen: func('int64_t syscall(int64_t, const void *, uint)'),
    fsconfig: func('int64_t syscall(int64_t, int, uint, const void *, const void *, int)'),
    fsmount: func('int64_t syscall(int64_t, int, uint, uint)'),
  };
}

function bound(koffi: Koffi): ReturnType<Koffi['load']> {
  const library = koffi.load(null);
  return { func: (definition) => library.func(definition) };
}
