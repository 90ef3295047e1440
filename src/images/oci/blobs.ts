import type { ByteString } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { refused } from '../image-failure.ts';
import type { Descriptor } from './documents.ts';

/** The blobs of an image that lies in a directory, by their digests. */
export class Blobs {
  readonly #system: System;
  readonly #files: Files;
  readonly #directory: RootPath;

  /** `directory` is where they lie below the root: `/blobs/sha256` in a layout. */
  constructor(system: System, files: Files, directory: RootPath) {
    this.#system = system;
    this.#files = files;
    this.#directory = directory;
  }

  /** Where a blob lies on this machine. Throws Failure `image-damaged` where there is none of its size. */
  path({ digest, size }: Descriptor): ByteString {
    const path = childOf(this.#directory, digest.slice('sha256:'.length));
    // What is no file of the directory itself, such as a link or a fifo, is none.
    const status = this.#files.status(path);
    if (status?.type !== 'file') throw refused('image-damaged', `it lacks the blob ${digest}`);
    if (status.size !== size)
      throw refused('image-damaged', `its blob ${digest} has ${status.size} bytes instead of ${size}`);
    return `${this.#files.root}${path}`;
  }

  /** The content of a small one, which is what its digest says. */
  document(descriptor: Descriptor): ByteString {
    const content = readDocument(this.#files, childOf(this.#directory, descriptor.digest.slice('sha256:'.length)));
    if (`sha256:${this.#system.digest(content)}` !== descriptor.digest) {
      throw refused('image-mismatch', `its blob ${descriptor.digest} has another digest`);
    }
    return content;
  }
}

/** More than any manifest: registries take none above 4 MiB. */
const longestDocument = 2 ** 22;

/** A document at a path below the root. Throws Failure `image-damaged` where there is none. */
export function readDocument(files: Files, path: RootPath): ByteString {
  const status = files.status(path);
  if (status?.type !== 'file') throw refused('image-damaged', `it has no ${path.slice(1)}`);
  if (status.size > longestDocument) throw refused('image-too-large', `its ${path.slice(1)} is no manifest`);
  return files.read(path);
}
