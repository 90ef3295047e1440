import type { RootPath } from '../../domain/path.ts';
import type { Status } from '../files.ts';
import { native } from '../native/libc.ts';
import type { OpenFile } from './content.ts';

/** A file or directory of a root that is open for reading. */
export type Held = { readonly at: RootPath; readonly status: Status; readonly file: OpenFile };

/**
 * The file or directory that was looked at last, still open: comparing asks for the content or the names next, and so
 * needs no second status and opening. Whoever takes it closes it.
 */
export class HeldFile {
  #held: Held | null = null;

  hold(held: Held): void {
    this.release();
    this.#held = held;
  }

  /** What is held, where it is of this path. */
  of(path: RootPath): Held | null {
    return this.#held?.at === path ? this.#held : null;
  }

  /** The same, and it is held no longer. */
  take(path: RootPath): Held | null {
    const held = this.of(path);
    if (held !== null) this.#held = null;
    return held;
  }

  /** What is held, where it is the directory that the path lies in; it is held no longer. */
  takeParentOf(path: RootPath): Held | null {
    const held = this.#held;
    if (held?.status.type !== 'directory' || path.lastIndexOf('/') !== held.at.length) return null;
    return path.startsWith(held.at) ? this.take(held.at) : null;
  }

  /** For when another stands at a path, or may. */
  release(): void {
    if (this.#held !== null) native().libc.close(this.#held.file.descriptor);
    this.#held = null;
  }
}
