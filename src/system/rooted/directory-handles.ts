import type { ByteString } from '../../domain/bytes.ts';
import { childOf, isBelow, type RootPath } from '../../domain/path.ts';
import { native } from '../native/libc.ts';
import { openFlags } from '../native/linux.ts';
import { cString } from '../native/place.ts';

/** Open directories kept: far below the usual limit of 1,024 descriptors, also with three roots. */
const capacity = 128;

/** Those left when there are too many: one walk, and what was found just before it. */
const spared = 96;

/** One walk keeps at most this many, so that a directory found just before it stays open. */
const keptOfWalk = 64;

/**
 * Directories below one root, each opened by name inside its parent without following a link: what is found this way
 * lies in the root whatever links stand in it (case 17). The most recently used stay open.
 */
export class DirectoryHandles {
  readonly #root: number;
  /** Directories that stand for what the root has at these paths, and in which names are looked up; null for none. */
  readonly #parts: ReadonlyMap<RootPath, number | null>;
  /** Descriptors by path, the least recently used first. */
  readonly #open = new Map<RootPath, number>();
  /** The one that was used last, which mostly is the one that is used next. */
  #latest: { readonly path: RootPath; readonly descriptor: number };

  /** Takes over the descriptors of the root and of its parts. */
  constructor(root: number, parts: ReadonlyMap<RootPath, number | null> = new Map()) {
    this.#root = root;
    this.#parts = parts;
    this.#latest = { path: '/', descriptor: root };
  }

  /** Descriptor of the directory, valid until after the next `find`; else the kernel's name of the error. */
  find(directory: RootPath): number | string {
    if (directory === this.#latest.path) return this.#latest.descriptor;
    const start = this.#startAt(directory);
    if (start !== undefined) return start;
    const open = this.#open.get(directory);
    if (open === undefined) return this.#walk(directory);
    this.#keep(directory, open);
    return open;
  }

  /** Takes over a descriptor of the directory, which was found before and is used next. */
  adopt(directory: RootPath, descriptor: number): void {
    if (this.#open.has(directory)) native().libc.close(descriptor);
    else this.#keep(directory, descriptor);
  }

  /** Lets go of the directory and of everything below it; for when it is renamed or removed. */
  forget(directory: RootPath): void {
    for (const [path, descriptor] of this.#open) {
      if (path === directory || isBelow(path, directory)) this.#drop(path, descriptor);
    }
  }

  /** Closes everything, the root too. */
  close(): void {
    this.forget('/');
    for (const descriptor of this.#parts.values()) if (descriptor !== null) native().libc.close(descriptor);
    native().libc.close(this.#root);
  }

  /** Where names are looked up that lie in the root or in a part of it; undefined for any other directory. */
  #startAt(path: RootPath): number | string | undefined {
    if (path === '/') return this.#root;
    const part = this.#parts.get(path);
    return part === null ? 'ENOENT' : part;
  }

  #walk(directory: RootPath): number | string {
    let path = this.#nearestOpen(directory);
    const names = directory.slice(path === '/' ? 1 : path.length + 1).split('/');
    const start = this.#startAt(path) ?? this.#open.get(path) ?? this.#root;
    if (typeof start === 'string') return start;
    let parent = start;
    let parentIsKept = true;
    for (const [index, name] of names.entries()) {
      path = childOf(path, name);
      const opened = openDirectory(parent, name);
      if (!parentIsKept) native().libc.close(parent);
      if (typeof opened === 'string') return opened;
      parent = opened;
      parentIsKept = names.length - index <= keptOfWalk;
      if (parentIsKept) this.#keep(path, opened);
    }
    return parent;
  }

  /** Looked for among the few that are open: to look up each directory above would take long where they are many. */
  #nearestOpen(directory: RootPath): RootPath {
    let nearest: RootPath = '/';
    for (const paths of [this.#parts.keys(), this.#open.keys()]) {
      for (const path of paths) if (path.length > nearest.length && isBelow(directory, path)) nearest = path;
    }
    return nearest;
  }

  #keep(path: RootPath, descriptor: number): void {
    this.#open.delete(path);
    this.#open.set(path, descriptor);
    this.#latest = { path, descriptor };
    if (this.#open.size <= capacity) return;
    // Many at once: a map is slow to find its first entry among those that were deleted.
    for (const oldest of this.#open) {
      if (this.#open.size <= spared) return;
      this.#drop(...oldest);
    }
  }

  #drop(path: RootPath, descriptor: number): void {
    this.#open.delete(path);
    if (this.#latest.path === path) this.#latest = { path: '/', descriptor: this.#root };
    native().libc.close(descriptor);
  }
}

/** Whether it can be one component: `..` would lead out of the directory, NUL would end the name early. */
export function isName(name: ByteString): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('\0') && !name.includes('/');
}

function openDirectory(parent: number, name: ByteString): number | string {
  if (!isName(name)) return 'EINVAL';
  const { libc, errno } = native();
  const cName = cString(name);
  const descriptor = libc.openat(parent, cName, openFlags.directory, 0);
  if (descriptor >= 0) return descriptor;
  const code = errno();
  // O_DIRECTORY hides behind ENOTDIR that it is a link; the difference is what tells an escape from a mere file.
  if (code === 'ENOTDIR' && libc.readlinkat(parent, cName, Buffer.allocUnsafe(1), 1) >= 0) return 'ELOOP';
  return code;
}
