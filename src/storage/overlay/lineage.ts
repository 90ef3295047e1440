import type { RootPath } from '../../domain/path.ts';
import { type LayerId, layerPath, treePath } from './layers.ts';
import { type Stack, treesOf } from './stack.ts';

/** A directory of files that one of two objects has and the other has not. */
export type TreeNotShared = {
  readonly tree: RootPath;
  /** The topmost that both have, where it lies right upon that. */
  readonly below: RootPath | null;
};

/** What only one of two objects has above what both share; null where they share nothing. */
export function treesNotShared(a: Stack, b: Stack): TreeNotShared[] | null {
  const shared = sharedLayers(a.layers, b.layers);
  const topmost = a.layers.at(-shared);
  if (shared === 0 || topmost === undefined) return null;
  const below = treePath(layerPath(topmost));
  return [a, b].flatMap(({ own, layers }) => {
    const trees = treesOf({ own, layers: layers.slice(0, layers.length - shared) });
    return trees.map((tree, index) => ({ tree, below: index === trees.length - 1 ? below : null }));
  });
}

/** How many of the lowest layers are the same. */
function sharedLayers(a: readonly LayerId[], b: readonly LayerId[]): number {
  let shared = 0;
  while (shared < Math.min(a.length, b.length) && a.at(-1 - shared) === b.at(-1 - shared)) shared += 1;
  return shared;
}
