import { childOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { Side, TreeView } from '../joint-strategy.ts';

/** As many links as the kernel follows (MAXSYMLINKS of linux/namei.h). */
const maximumLinks = 40;

/** Where the path leads when every link on the way is followed inside the tree; null where nothing stands there. */
export function resolveLinks({ entry }: TreeView, side: Side, path: RootPath): RootPath | null {
  let left = componentsOf(path);
  let at: RootPath = '/';
  let links = 0;
  while (left.length > 0) {
    const [name = '', ...rest] = left;
    left = rest;
    if (name === '..') {
      at = parentOf(at);
      continue;
    }
    const next = childOf(at, name);
    const found = entry(side, next);
    if (found === null) return null;
    if (found.type !== 'symlink') {
      at = next;
      continue;
    }
    const target = found.target ?? '';
    if (++links > maximumLinks) return null;
    if (target.startsWith('/')) at = '/';
    left = [...componentsOf(target), ...rest];
  }
  return at;
}

function componentsOf(path: RootPath): RootPath[] {
  return path.split('/').filter((component) => component !== '' && component !== '.');
}
