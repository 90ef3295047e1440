import type { RootPath } from '../../domain/path.ts';
import type { LayerId } from './layers.ts';
import { type Stack, treesOf } from './stack.ts';

/** The directories that only one of two objects has above what both share; null where they share nothing. */
export function treesNotShared(a: Stack, b: Stack): RootPath[] | null {
  const shared = sharedLayers(a.layers, b.layers);
  if (shared === 0) return null;
  return [a, b].flatMap(({ own, layers }) => treesOf({ own, layers: layers.slice(0, layers.length - shared) }));
}

/** How many of the lowest layers are the same. */
function sharedLayers(a: readonly LayerId[], b: readonly LayerId[]): number {
  let shared = 0;
  while (shared < Math.min(a.length, b.length) && a.at(-1 - shared) === b.at(-1 - shared)) shared += 1;
  return shared;
}
