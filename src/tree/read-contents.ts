import type { ByteString } from '../domain/bytes.ts';
import type { Contents } from '../domain/change.ts';
import type { RootPath } from '../domain/path.ts';
import type { Trees } from './compare-trees.ts';

/** Reads the contents that merging asked for. */
export function readContents(trees: Trees, paths: readonly RootPath[]): ReadonlyMap<RootPath, Contents> {
  return new Map(paths.map((path) => [path, readContent(trees, path)]));
}

function readContent(trees: Trees, path: RootPath): Contents {
  function read(side: keyof Trees): ByteString | null {
    return trees[side].status(path)?.type === 'file' ? trees[side].read(path) : null;
  }
  return { base: read('base'), ours: read('ours'), theirs: read('theirs') };
}
