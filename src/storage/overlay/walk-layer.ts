import { childOf, type RootPath } from '../../domain/path.ts';
import type { Files, Status } from '../../system/files.ts';

/** Something in a layer: as what is mounted has it, and where it lies in the store. */
export type InLayer = { readonly path: RootPath; readonly place: RootPath; readonly type: Status['type'] };

/**
 * All that is in a layer, its root first, a directory before what is in it. `listed` gives the names in a directory: those
 * of one that is there, unless a branch is walked that is in use.
 */
export function* walkLayer(
  files: Files,
  tree: RootPath,
  listed: Files['listInodes'] = (path) => files.listInodes(path),
): Generator<InLayer> {
  // In a loop, as a path may be deeper than calls can be nested.
  const left: InLayer[] = [{ path: '/', place: tree, type: 'directory' }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    yield next;
    if (next.type !== 'directory') continue;
    for (const { name, isDirectory } of listed(next.place)) {
      const place = childOf(next.place, name);
      const type = isDirectory ? 'directory' : files.status(place)?.type;
      if (type !== undefined) left.push({ path: childOf(next.path, name), place, type });
    }
  }
}
