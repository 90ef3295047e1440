import { isBelow, type RootPath } from './path.ts';
import type { Rename } from './policy.ts';

/** What a path that is, or lies below, the old name is called under the new one; other paths stay as they are. */
export function renamedPath(path: RootPath, { from, to }: Pick<Rename, 'from' | 'to'>): RootPath {
  return path === from || isBelow(path, from) ? `${to}${path.slice(from.length)}` : path;
}
