import type { ByteString } from '../../domain/bytes.ts';
import { childOf, isBelow, nameOf, type RootPath } from '../../domain/path.ts';
import type { Side, TreeView } from '../joint-strategy.ts';

/** Where a path lies among the modules of a tree: those of one kernel's release, and the path below its directory. */
export type Place = { readonly release: ByteString; readonly place: ByteString };

const endings = ['.ko', '.ko.gz', '.ko.xz', '.ko.zst'];

/** The directory of all modules: modprobe looks in `/lib`, which on most systems is a link to `/usr/lib`. */
export function moduleRoot({ entry }: TreeView, side: Side): RootPath {
  return entry(side, '/lib')?.type === 'directory' ? '/lib/modules' : '/usr/lib/modules';
}

/** Where below that directory the path lies; null for what lies elsewhere, and for the directory of a release itself. */
export function placeOf(path: RootPath, root: RootPath): Place | null {
  if (!isBelow(path, root)) return null;
  const below = path.slice(root.length + 1);
  const slash = below.indexOf('/');
  return slash === -1 ? null : { release: below.slice(0, slash), place: below.slice(slash + 1) };
}

/** The path of a place among the modules of a release. */
export function pathOf(root: RootPath, release: ByteString, place: ByteString): RootPath {
  return childOf(childOf(root, release), place);
}

/** The name by which the kernel knows the module of that file, or null where the name is none of a module. */
export function moduleName(path: RootPath): ByteString | null {
  const name = nameOf(path);
  const ending = endings.find((candidate) => name.endsWith(candidate));
  return ending === undefined ? null : name.slice(0, -ending.length).replaceAll('-', '_');
}

/** Whether depmod writes it: lists of what the directory holds. */
export function isIndex(place: ByteString): boolean {
  return !place.includes('/') && place.startsWith('modules.');
}

/** The releases of the kernels that a tree has, by what the kernel's own build leaves there. */
export function kernelsOf(view: TreeView, side: Side): readonly ByteString[] {
  const root = moduleRoot(view, side);
  return view
    .names(side, root)
    .filter((release) =>
      ['modules.builtin', 'kernel'].some((name) => view.entry(side, pathOf(root, release, name)) !== null),
    );
}
