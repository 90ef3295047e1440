import type { ByteString } from '../../domain/bytes.ts';
import type { Entry } from '../../domain/entry.ts';
import type { RootPath } from '../../domain/path.ts';
import { isLeftTo, type JointInput } from '../joint-strategy.ts';
import { type KernelModule, parseKernelModule } from './kernel-module.ts';
import { moduleName, moduleRoot, type Place, placeOf } from './module-files.ts';
import { resolveLinks } from './resolve-links.ts';

/** A kernel module that this machine added or changed, and the policy carries. */
export type CarriedModule = Place & {
  readonly path: RootPath;
  /** The regular file with its content: the path itself, or where a link leads. */
  readonly source: RootPath;
  readonly name: ByteString;
  readonly entry: Entry;
  /** What it says of itself; null where it cannot be read. */
  readonly module: KernelModule | null;
};

/** Paths among the modules that this machine changed and the policy leaves to this strategy, with their places. */
export function changedPlaces({ facts, view, verdictOf }: JointInput): (Place & { readonly path: RootPath })[] {
  const root = moduleRoot(view, 'ours');
  return facts.flatMap(({ path, role }) => {
    const place = placeOf(path, root);
    if (place === null || role === 'context' || !isLeftTo(verdictOf(path), 'modules')) return [];
    return [{ ...place, path }];
  });
}

/** The modules among them, those of the newest kernel first. */
export function carriedModules(input: JointInput): CarriedModule[] {
  const { view } = input;
  const found = changedPlaces(input).flatMap((place): CarriedModule[] => {
    const name = moduleName(place.path);
    const source = name === null ? null : resolveLinks(view, 'ours', place.path);
    const entry = source === null ? null : view.entry('ours', source);
    if (name === null || source === null || entry?.type !== 'file') return [];
    const content = view.decompressed('ours', source);
    return [{ ...place, name, source, entry, module: content === null ? null : parseKernelModule(content) }];
  });
  return found.toSorted((a, b) => compareReleases(b.release, a.release));
}

/** Order of kernel releases: runs of digits by their number. */
function compareReleases(a: ByteString, b: ByteString): number {
  const left = a.split(/(\d+)/);
  const right = b.split(/(\d+)/);
  for (const [index, part] of left.entries()) {
    const other = right[index] ?? '';
    if (part === other) continue;
    const difference = index % 2 === 1 ? Number(part) - Number(other) : 0;
    if (difference !== 0) return difference;
    return part < other ? -1 : 1;
  }
  return left.length - right.length;
}
