import type { ByteString } from '../domain/bytes.ts';
import type { Contents, TreeFacts, Unreadable } from '../domain/change.ts';
import type { RootPath } from '../domain/path.ts';
import type { Trees } from './compare-trees.ts';
import { looking } from './read-failure.ts';

/** The facts that are left, and the contents of the paths that merging asked for. */
export type ReadContents = { readonly facts: TreeFacts; readonly contents: ReadonlyMap<RootPath, Contents> };

/**
 * Reads the contents that merging asked for. A path that cannot be read is no longer among the facts, but named there as
 * unreadable, as if comparing had found it so (case 8).
 */
export function readContents(trees: Trees, facts: TreeFacts, paths: readonly RootPath[]): ReadContents {
  const contents = new Map<RootPath, Contents>();
  const unreadable: Unreadable[] = [];
  for (const path of paths) {
    const content = looking(path, trees, unreadable, () => readContent(trees, path));
    if (content !== null) contents.set(path, content);
  }
  if (unreadable.length === 0) return { facts, contents };
  const lost = new Set(unreadable.map(({ path }) => path));
  const left = facts.paths.filter(({ path }) => !lost.has(path));
  return { facts: { ...facts, paths: left, unreadable: [...facts.unreadable, ...unreadable] }, contents };
}

function readContent(trees: Trees, path: RootPath): Contents {
  function read(side: keyof Trees): ByteString | null {
    return trees[side].status(path)?.type === 'file' ? trees[side].read(path) : null;
  }
  return { base: read('base'), ours: read('ours'), theirs: read('theirs') };
}
