import type { ByteString } from '../../domain/bytes.ts';
import { nameOf, type RootPath } from '../../domain/path.ts';
import { type Context, unitNow } from './context.ts';
import { defaultTarget, type Link, linkAt, linksIn } from './links.ts';
import { presetLinksOfBase, presetLinksOfTheirs } from './preset-links.ts';
import type { ChangedUnit } from './state-of-unit.ts';

type Changes = { readonly base: Map<RootPath, Link>; readonly ours: Map<RootPath, Link> };

/**
 * The units whose links differ between base and ours, each under all of its names, with its links on every side. Those that
 * the first boot of an image makes count as the image's: they are nothing that the user did.
 */
export function changedUnits(context: Context): readonly ChangedUnit[] {
  const { base: baseTree, theirs: theirTree, scope } = context;
  const changes = changedLinks(context);
  const names = namesByUnit(context, [...changes.base.values(), ...changes.ours.values()]);
  if (names.size === 0) return [];
  const all = new Set([...names].flatMap(([now, before]) => [now, ...before]));
  const isConcerned = (unit: ByteString): boolean => all.has(unit);
  const base = linksIn(baseTree, scope, isConcerned);
  const theirs = linksIn(theirTree, scope, isConcerned);
  const ours = new Map([...[...base].filter(([path]) => !isChanged(context, path)), ...changes.ours]);
  const made = presetLinksOfBase(context, all);
  const toBeMade = presetLinksOfTheirs(context, all);
  return [...names].map(([now, before]) => {
    const own = new Set([...before, now]);
    const of = (links: ReadonlyMap<RootPath, Link>): Map<RootPath, Link> =>
      new Map([...links].filter(([, { unit }]) => own.has(unit)));
    const preset = of(made);
    // What no preset had enabled here waits for `applyPresets`, as everything that is new.
    const follows = preset.size > 0 ? of(toBeMade) : [];
    const links = {
      base: new Map([...preset, ...of(base)]),
      ours: of(ours),
      theirs: new Map([...follows, ...of(theirs)]),
    };
    return { names: own, unit: unitNow(context, now), ...links, retargeted: retargetedIn(context, links) };
  });
}

/** A link to a unit file of its own name (`systemctl link`) says which file is meant, so that its target counts. */
function retargetedIn(context: Context, { base, ours }: Pick<ChangedUnit, 'base' | 'ours'>): RootPath[] {
  const both = [...ours.values()].filter(({ path }) => base.has(path) && isChanged(context, path));
  return both
    .filter(({ kind, path, target }) => kind === 'dependency' || nameOf(target) !== nameOf(path))
    .map(({ path }) => path);
}

function isChanged({ carried, isLeft }: Context, path: RootPath): boolean {
  return carried.has(path) && isLeft(path);
}

/** The links of base and ours at the paths where they differ. */
function changedLinks({ carried, isLeft, scope }: Context): Changes {
  const changes: Changes = { base: new Map(), ours: new Map() };
  for (const { path, base, ours } of carried.values()) {
    if (!isLeft(path)) continue;
    for (const [links, entry] of [[changes.base, base] as const, [changes.ours, ours] as const]) {
      const link = linkAt(scope, path, entry);
      if (link !== null && link.unit !== defaultTarget) links.set(path, link);
    }
  }
  return changes;
}

/** The names that links use, by the name that the unit has in the result. */
function namesByUnit(context: Context, links: readonly Link[]): ReadonlyMap<ByteString, ReadonlySet<ByteString>> {
  const names = new Map<ByteString, Set<ByteString>>();
  for (const { unit } of links) {
    const now = unitNow(context, unit)?.name ?? unit;
    names.set(now, (names.get(now) ?? new Set()).add(unit));
  }
  return names;
}
