import type { ByteString } from '../../domain/bytes.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Context } from './context.ts';
import { findUnit, type UnitFile } from './find-unit.ts';
import type { Link } from './links.ts';
import { enablingOf } from './links-of-enabling.ts';
import { placedLink } from './wanted.ts';

/** Links by their paths. */
export type Links = ReadonlyMap<RootPath, Link>;

/** One unit whose links the user changed, under all names that it has on any side. */
export type ChangedUnit = {
  readonly names: ReadonlySet<ByteString>;
  /** The unit in the result; null where it is gone. */
  readonly unit: UnitFile | null;
  readonly base: Links;
  readonly ours: Links;
  readonly theirs: Links;
  /** Where base and ours have a link of it that lead to its file by different names: nothing that the user decided. */
  readonly retargeted: readonly RootPath[];
};

/** What the user made of a unit. */
type State = { readonly links: Links; readonly reason: string; readonly isOn: boolean | null };

/**
 * The links that the unit shall have, and whether the user switched it on or off. A unit that is on has the links that the
 * result's own unit file asks for, without those that the user took away.
 */
export function stateOf(context: Context, changed: ChangedUnit, unit: UnitFile): State {
  const { base, ours, theirs } = changed;
  const installed = installedLinks(context, changed);
  const switches = switchesOf(installed);
  const asked = enablingOf(context.result, context.scope, unit).links;
  // What can no longer be enabled keeps the links that it has.
  const byHand = without(ours, base).filter(({ path }) => !installed.has(path) || asked.size === 0);
  const carried = byHand.map((link) => placedLink(context, link, unit));
  const [was, is] = [hasAny(base, switches), hasAny(ours, switches)];
  const kept = [...theirs.values()].filter(({ path }) => !base.has(path) || ours.has(path));
  if (was && !is) {
    const left = [...theirs.values()].filter(({ path }) => ours.has(path));
    return { links: byPath([...left, ...carried]), reason: 'disabled here', isOn: false };
  }
  if (!is) {
    // Never on: an alias alone, even one that enabling makes, is a link like any other that was added here.
    const added = without(ours, base).map((link) => placedLink(context, link, unit));
    return { links: byPath([...kept, ...added]), reason: 'its links were changed here', isOn: null };
  }
  const gained = without(ours, base).some(({ path }) => installed.has(path));
  const isHeld = kept.some(({ path }) => asked.has(path));
  const filled = gained || !isHeld ? linksToFill(context, changed, installed, asked) : [];
  const links = byPath([...kept, ...filled, ...carried]);
  return was
    ? { links, reason: 'its links were changed here', isOn: null }
    : { links, reason: 'enabled here', isOn: true };
}

/** The links that the result's unit file asks for, without those that are missing here, unless none were left. */
function linksToFill(context: Context, changed: ChangedUnit, installed: Links, asked: Links): readonly Link[] {
  const missing = (path: RootPath): boolean =>
    !changed.ours.has(path) && (installed.has(path) || changed.base.has(path));
  const partly = [...asked.values()].filter(({ path }) => !missing(path));
  const links = partly.length === 0 ? [...asked.values()] : partly;
  return links.filter(({ path }) => isFree(context, changed, path));
}

/**
 * The links that enabling makes for any of the names here. Where this machine has another unit file than base, what base's
 * asks for counts only where base has such a link: one that was added here is then a link that was made by hand.
 */
function installedLinks({ base, ours, scope }: Context, changed: ChangedUnit): Links {
  const links = new Map<RootPath, Link>();
  for (const name of changed.names) {
    const [before, here] = [findUnit(base, scope, name), findUnit(ours, scope, name)];
    const old = before === null ? [] : [...enablingOf(base, scope, before).links];
    for (const [path, link] of old) if (here === null || changed.base.has(path)) links.set(path, link);
    if (here !== null) for (const [path, link] of enablingOf(ours, scope, here).links) links.set(path, link);
  }
  return links;
}

/** Where links tell whether the unit is on. Aliases do only where it has nothing else: disabling an instance leaves them. */
function switchesOf(installed: Links): ReadonlySet<RootPath> {
  const dependencies = [...installed.values()].filter(({ kind }) => kind === 'dependency');
  return new Set(dependencies.length === 0 ? installed.keys() : dependencies.map(({ path }) => path));
}

/** Whether nothing of another unit stands at the path. */
function isFree({ result }: Context, { ours, theirs }: ChangedUnit, path: RootPath): boolean {
  return ours.has(path) || theirs.has(path) || result.entry(path) === null;
}

/** The links at paths that the others do not have. */
export function without(links: Links, others: Links): Link[] {
  return [...links.values()].filter(({ path }) => !others.has(path));
}

function hasAny(links: Links, paths: ReadonlySet<RootPath>): boolean {
  return [...links.keys()].some((path) => paths.has(path));
}

function byPath(links: readonly Link[]): Links {
  return new Map(links.map((link) => [link.path, link]));
}
