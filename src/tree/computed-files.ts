import type { ByteString } from '../domain/bytes.ts';
import { SystemCallError } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { DigestAlgorithm } from '../domain/shipped.ts';
import type { Files } from '../system/files.ts';

/** What a tree that lies nowhere answers. */
export type Answers = Pick<Files, 'root' | 'status' | 'entry' | 'list'> & {
  /** Which file of a real tree has the content of a regular file, or null where none is known to. */
  readonly contentOf: (path: RootPath) => { readonly files: Files; readonly path: RootPath } | null;
};

/** A tree that is computed instead of read; nothing can be written to it. */
export function computedFiles({ root, status, entry, list, contentOf }: Answers): Files {
  function content(path: RootPath): { readonly files: Files; readonly path: RootPath } {
    const found = contentOf(path);
    if (found === null) throw new SystemCallError('ENOENT', 'openat', `${root}${path}`);
    return found;
  }
  return {
    root,
    parts: [],
    status,
    statusSeen: status,
    entry,
    list,
    read: (path) => content(path).files.read(content(path).path),
    digest: (path, algorithm?: DigestAlgorithm) => content(path).files.digest(content(path).path, algorithm),
    sameContent: (path, other, otherPath) => {
      const found = contentOf(path);
      return found?.files.sameContent(found.path, other, otherPath) ?? false;
    },
    contentComparer: () => null,
    listInodes: refuse,
    create: refuse,
    createInPieces: refuse,
    copyFrom: refuse,
    canShare: refuse,
    makeDirectory: refuse,
    makeSymlink: refuse,
    makeNode: refuse,
    link: refuse,
    rename: refuse,
    exchange: refuse,
    unlink: refuse,
    removeDirectory: refuse,
    setOwner: refuse,
    setMode: refuse,
    setXattr: refuse,
    removeXattr: refuse,
    setFlags: refuse,
    withoutFlags: refuse,
    setModified: refuse,
    xattrNames: refuse,
    xattr: refuse,
    sync: refuse,
    appendDurably: refuse,
    overwriteDurably: refuse,
    readFromDisk: refuse,
    dropFromMemory: refuse,
    lock: refuse,
    syncFilesystem: refuse,
    space: refuse,
    close: () => undefined,
  };
}

function refuse(): never {
  throw new TypeError('A computed tree cannot be written to');
}

/** The root of what lies on no disk: nothing can be opened by it. */
export const nowhereOnDisk: ByteString = '';

/** A tree with nothing in it. */
export const emptyTree: Files = computedFiles({
  root: nowhereOnDisk,
  status: () => null,
  entry: () => null,
  list: () => [],
  contentOf: () => null,
});
