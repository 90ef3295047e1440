import type { ByteString } from '../../domain/bytes.ts';
import { nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import { callError, type Place } from '../native/place.ts';
import { DirectoryHandles, isName } from './directory-handles.ts';

/** Turns paths inside a root into names in open directories. */
export class PathResolver {
  readonly root: ByteString;
  /** Descriptor of the root directory, open for reading. */
  readonly descriptor: number;
  readonly #directories: DirectoryHandles;

  /** Takes over the descriptor. */
  constructor(root: ByteString, descriptor: number) {
    this.root = root;
    this.descriptor = descriptor;
    this.#directories = new DirectoryHandles(descriptor);
  }

  /** The place of the path, valid until after the next one; else the kernel's name of the error. */
  find(path: RootPath): Place | string {
    if (path === '/') return { directory: this.descriptor, name: '.', path: this.root };
    const name = nameOf(path);
    if (path[0] !== '/' || !isName(name)) return 'EINVAL';
    const directory = this.#directories.find(parentOf(path));
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
