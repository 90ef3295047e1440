import type { ByteString } from '../../domain/bytes.ts';
import { nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import { callError, type Place } from '../native/place.ts';
import { DirectoryHandles, isName } from './directory-handles.ts';

type Halves = {
  readonly path: RootPath;
  readonly parent: RootPath;
  readonly name: ByteString;
  readonly isValid: boolean;
};

let latest: Halves = { path: '/', parent: '/', name: '', isValid: false };

/** The directory and the name: often of the path that was asked for last, in another root. */
function halvesOf(path: RootPath): Halves {
  if (path === latest.path) return latest;
  const name = nameOf(path);
  latest = { path, parent: parentOf(path), name, isValid: path[0] === '/' && isName(name) };
  return latest;
}

/** Turns paths inside a root into names in open directories. */
export class PathResolver {
  readonly root: ByteString;
  /** Descriptor of the root directory, open for reading. */
  readonly descriptor: number;
  readonly #directories: DirectoryHandles;
  /** Descriptors of the directories that stand for what the root has at these paths; null where nothing does. */
  readonly #parts: ReadonlyMap<RootPath, number | null>;

  /** Takes over the descriptors. */
  constructor(root: ByteString, descriptor: number, parts: ReadonlyMap<RootPath, number | null>) {
    this.root = root;
    this.descriptor = descriptor;
    this.#parts = parts;
    this.#directories = new DirectoryHandles(descriptor, parts);
  }

  get parts(): readonly RootPath[] {
    return [...this.#parts].flatMap(([path, descriptor]) => (descriptor === null ? [] : [path]));
  }

  /** Whether what the root has in the directory is not to be seen. */
  isEmptied(path: RootPath): boolean {
    return this.#parts.get(path) === null;
  }

  /** The place of the path, valid until after the next one; else the kernel's name of the error. */
  find(path: RootPath): Place | string {
    if (path === '/') return { directory: this.descriptor, name: '.', path: this.root };
    const part = this.#parts.size === 0 ? undefined : this.#parts.get(path);
    if (typeof part === 'number') return { directory: part, name: '.', path: this.hostPath(path) };
    const { parent, name, isValid } = halvesOf(path);
    if (!isValid) return 'EINVAL';
    const directory = this.#directories.find(parent);
    return typeof directory === 'string' ? directory : { directory, name, path: this.hostPath(path) };
  }

  /** The place of the path; throws the error under this call's name. */
  place(path: RootPath, call: string): Place {
    const found = this.find(path);
    if (typeof found === 'string') throw callError(found, call, this.hostPath(path));
    return found;
  }

  /** Descriptor of the directory at the path, not open for reading. */
  directory(path: RootPath): number {
    const found = this.#directories.find(path);
    if (typeof found === 'string') throw callError(found, 'openat', this.hostPath(path));
    return found;
  }

  /** Takes over a descriptor of the directory at the path, in which names are looked up next. */
  adopt(path: RootPath, descriptor: number): void {
    this.#directories.adopt(path, descriptor);
  }

  /** Where the path lies on this machine; for messages. */
  hostPath(path: RootPath): ByteString {
    if (path === '/') return this.root;
    return this.root === '/' ? path : `${this.root}${path}`;
  }

  /** The path, and with it all below, was renamed or removed. */
  forget(path: RootPath): void {
    this.#directories.forget(path);
  }

  close(): void {
    this.#directories.close();
  }
}
