import { type ByteString, displayBytes } from '../domain/bytes.ts';
import type { Entry } from '../domain/entry.ts';
import { errorCode, Failure } from '../domain/failure.ts';
import { ancestorsOf, childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

/** What is asked of a tree with such files; it may be one that does not lie anywhere yet. */
export type DropInTree = Pick<Files, 'root' | 'list' | 'read'> & {
  readonly status: (path: RootPath) => Pick<Entry, 'type'> | null;
  readonly entry: (path: RootPath) => Pick<Entry, 'type' | 'target'> | null;
};

/** A kind of files that an image and a machine keep in directories of the same layout. */
export type DropIns = {
  /** What one of them is called in messages. */
  readonly noun: string;
  /** The ending of their names; others are passed over. */
  readonly ending: string;
  /** The code of the Failure for one that cannot be read. */
  readonly code: string;
  readonly advice: string;
};

export type DropIn = { readonly name: ByteString; readonly path: RootPath; readonly text: ByteString };

/** The files of a directory, in the order of their names; none where it is not there. Throws Failure of the kind's code. */
export function readDropIns(files: DropInTree, directory: RootPath, kind: DropIns): DropIn[] {
  if (!directoryExists(files, directory, kind)) return [];
  const names = guarded(files, directory, kind, () => files.list(directory));
  return names
    .filter((name) => name.endsWith(kind.ending))
    .map((name) => {
      const path = childOf(directory, name);
      return { name, path, text: readOne(files, path, kind) };
    });
}

// A link on the way would read as "nothing there": what someone wrote must not be missed without a word.
function directoryExists(files: DropInTree, directory: RootPath, kind: DropIns): boolean {
  for (const path of [...ancestorsOf(directory), directory]) {
    const status = guarded(files, path, kind, () => files.status(path));
    if (status === null) return false;
    if (status.type !== 'directory') throw unreadable(files, path, kind, `it is a ${status.type}, not a directory`);
  }
  return true;
}

// As with other systems' drop-in directories, a link to /dev/null stands for an empty file: it switches a shipped one off.
function readOne(files: DropInTree, path: RootPath, kind: DropIns): ByteString {
  const entry = guarded(files, path, kind, () => files.entry(path));
  if (entry?.type === 'symlink' && entry.target === '/dev/null') return '';
  if (entry?.type !== 'file')
    throw unreadable(files, path, kind, `it is a ${entry?.type ?? 'missing file'}, not a file`);
  return guarded(files, path, kind, () => files.read(path));
}

function guarded<Value>(files: DropInTree, path: RootPath, kind: DropIns, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    const code = errorCode(error);
    if (code === null) throw error;
    throw unreadable(files, path, kind, code, error);
  }
}

function unreadable(
  files: DropInTree,
  path: RootPath,
  { noun, code, advice }: DropIns,
  why: string,
  cause?: unknown,
): Failure {
  const place = files.root === '/' ? path : `${files.root}${path}`;
  return new Failure({
    code,
    kind: 'input',
    message: `Cannot read the ${noun} ${displayBytes(place)}: ${why}`,
    advice,
    cause,
  });
}
