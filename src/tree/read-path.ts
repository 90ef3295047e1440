import type { ByteString } from '../domain/bytes.ts';
import type { Unreadable } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import type { RootPath } from '../domain/path.ts';
import type { Trees } from './compare-trees.ts';
import { looking } from './read-failure.ts';

/** What stands at the path; null where nothing does, or where it cannot be read, which is recorded. */
export function entryAt(trees: Trees, side: keyof Trees, path: RootPath, unreadable: Unreadable[]): Entry | null {
  return looking(path, trees, unreadable, () => trees[side].entry(path));
}

/** The content of a regular file; null where there is none, or where it cannot be read, which is recorded. */
export function contentAt(
  trees: Trees,
  side: keyof Trees,
  path: RootPath,
  unreadable: Unreadable[],
): ByteString | null {
  const files = trees[side];
  return looking(path, trees, unreadable, () => (files.status(path)?.type === 'file' ? files.read(path) : null));
}

/** The names in a directory; none where there is none, or where it cannot be read, which is recorded. */
export function namesAt(
  trees: Trees,
  side: keyof Trees,
  path: RootPath,
  unreadable: Unreadable[],
): readonly ByteString[] {
  const files = trees[side];
  const names = looking(path, trees, unreadable, () =>
    files.status(path)?.type === 'directory' ? files.list(path) : [],
  );
  return names ?? [];
}
