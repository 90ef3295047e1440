import type { ByteString } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Context } from './context.ts';
import { findUnit, shippedNames } from './find-unit.ts';
import { missesFirstBoot, reliesOnFirstBoot } from './first-boot.ts';
import { isMask, type Link, linkAt, linksIn } from './links.ts';
import { enablingOf } from './links-of-enabling.ts';
import { type PresetRule, presetOf, presetRulesOf, unitsToEnable } from './presets.ts';
import type { Scope } from './scope.ts';
import type { ChangedUnit } from './state-of-unit.ts';
import type { Tree } from './tree.ts';
import { isUnitName } from './unit-name.ts';
import { unwant, type Wanted, wantLink } from './wanted.ts';

type Links = ReadonlyMap<RootPath, Link>;

/**
 * What the first boot of the image would have done, had it not the identity of this machine (case 54): enables by their
 * presets the units that are new, that can be enabled or are to be enabled only now, and that the image before enabled by
 * links. It only enables, as PID 1 does by default; what the user changed, what is masked and what the image has links for
 * stays as it is.
 */
export function applyPresets(context: Context, changed: readonly ChangedUnit[], wanted: Wanted): void {
  const { scope, base, theirs } = context;
  if (scope.presets.length === 0 || !missesFirstBoot(context)) return;
  const rules = presetRulesOf(theirs, scope);
  const before = reliesOnFirstBoot(base) ? presetRulesOf(base, scope) : null;
  const old = new Set(shippedNames(base, scope));
  const spoken = new Set([...namesOf(changed), ...unitsLinked(linksIn(theirs, scope, () => true))]);
  for (const name of shippedNames(theirs, scope).filter(isUnitName)) {
    for (const unit of presetUnits(rules, name).filter((each) => !spoken.has(each))) {
      const links = linksToMake(context, unit);
      if (links.length === 0) continue;
      const reason = old.has(name) ? reasonOfOld(context, unit, before) : reasonOfNew(context, unit);
      if (reason !== null) wantAll(context, wanted, links, reason);
    }
  }
}

function wantAll(context: Context, wanted: Wanted, links: readonly Link[], reason: string): void {
  for (const link of links) wantLink(context, wanted, link, reason);
}

/** The unit, or the instances of the template, that the presets enable; none where they do not. */
function presetUnits(rules: readonly PresetRule[], name: ByteString): readonly ByteString[] {
  const preset = presetOf(rules, name);
  return preset.action === 'enable' ? unitsToEnable(name, preset) : [];
}

/** Why a unit that base had not is enabled by its preset; null where the machine had one of that name. */
function reasonOfNew({ ours, scope }: Context, unit: ByteString): string | null {
  return findUnit(ours, scope, unit) === null ? 'new in the image, enabled by its preset' : null;
}

/** The links that enabling makes where nothing stands; none for a mask or for another name of a unit. */
function linksToMake({ scope, result }: Context, name: ByteString): readonly Link[] {
  const unit = findUnit(result, scope, name);
  if (unit === null || unit.name !== name || isMask(result.entry(childOf(scope.config, name)))) return [];
  return [...enablingOf(result, scope, unit).links.values()].filter(({ path }) => result.entry(path) === null);
}

/** Why a unit that base had already is enabled by its preset; null where it is not. */
function reasonOfOld(context: Context, unit: ByteString, before: readonly PresetRule[] | null): string | null {
  const { scope, base, theirs } = context;
  if (before === null) {
    const had = unitsLinked(linksIn(base, scope, (name) => name === unit)).has(unit);
    return had ? 'enabled before, now by its preset' : null;
  }
  if (presetOf(before, unit).action !== 'enable') return 'newly enabled by its preset';
  // A unit file of this machine's own that can be enabled makes nothing new of the image's.
  const [was, is] = [base, theirs].map((tree) => canBeEnabled(tree, scope, unit));
  return was === false && is === true ? 'can be enabled now, and is by its preset' : null;
}

/** Whether enabling the unit makes links; null where there is no such unit. */
function canBeEnabled(tree: Tree, scope: Scope, unit: ByteString): boolean | null {
  const file = findUnit(tree, scope, unit);
  return file === null ? null : enablingOf(tree, scope, file).links.size > 0;
}

/**
 * Where the image before left enabling to the first boot and the new one ships links, those for a unit whose preset was to
 * enable it and that is not enabled here: the user disabled it after that boot.
 */
export function heedDisabled(context: Context, changed: readonly ChangedUnit[], wanted: Wanted): void {
  const { scope, base, theirs, carried, ours } = context;
  if (scope.presets.length === 0 || !reliesOnFirstBoot(base) || reliesOnFirstBoot(ours)) return;
  if (![...carried.values()].some((fact) => fact.base === null && linkAt(scope, fact.path, fact.ours) !== null)) return;
  const touched = namesOf(changed);
  const rules = presetRulesOf(base, scope);
  for (const { path, unit } of linksIn(theirs, scope, (name) => !touched.has(name)).values()) {
    if (base.entry(path) !== null || ours.entry(path) !== null) continue;
    const file = findUnit(base, scope, unit);
    if (file === null || presetOf(rules, unit).action !== 'enable' || enablingOf(base, scope, file).links.size === 0)
      continue;
    unwant(context, wanted, { path, isOwn: true }, 'disabled here after the presets had enabled it');
  }
}

function namesOf(changed: readonly ChangedUnit[]): ReadonlySet<ByteString> {
  return new Set(changed.flatMap(({ names }) => [...names]));
}

function unitsLinked(links: Links): ReadonlySet<ByteString> {
  return new Set([...links.values()].map(({ unit }) => unit));
}
