import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import { childOf } from '../../domain/path.ts';
import type { Context } from './context.ts';
import { findUnit, type UnitFile } from './find-unit.ts';
import { goneDraft } from './gone-unit.ts';
import { linksIn } from './links.ts';
import { enablingOf } from './links-of-enabling.ts';
import { tellOfStarters } from './starters.ts';
import { type ChangedUnit, type Links, stateOf, without } from './state-of-unit.ts';
import { unwant, type Wanted, wantLink } from './wanted.ts';

/**
 * The three-way decision on the state of one unit: as enabled or disabled as the user made it, by the links that the result's
 * own unit file asks for; links that no [Install] section names are carried one by one.
 */
export function decideUnit(context: Context, changed: ChangedUnit, wanted: Wanted): void {
  const { unit, base, ours, theirs, retargeted } = changed;
  for (const path of retargeted)
    unwant(context, wanted, { path, isOwn: false }, 'enabled as before, so that the image has its way');
  const added = without(ours, base);
  if (added.length === 0 && without(base, ours).length === 0) {
    if (unit !== null) followPreset(context, theirs, wanted);
    return;
  }
  if (unit === null) {
    letGo(context, changed, wanted);
    return;
  }
  const { links, reason, isOn } = stateOf(context, changed, unit);
  const why = isOn === true ? `${reason}, by other links in the image` : reason;
  for (const path of [...theirs.keys(), ...added.map((link) => link.path)]) {
    if (!links.has(path)) unwant(context, wanted, { path, isOwn: theirs.has(path) }, why);
  }
  for (const link of links.values()) wantLink(context, wanted, link, reason);
  if (isOn === false) tellOfStarters(context, unit, wanted);
  if (isOn !== null) alsoNew(context, unit, { isOn, reason }, wanted, new Set(changed.names));
}

/** The links that the first boot of the image would make of a unit that is as the one before it made it. */
function followPreset(context: Context, links: Links, wanted: Wanted): void {
  for (const link of links.values())
    if (context.theirs.entry(link.path) === null) wantLink(context, wanted, link, 'enabled by its preset, as before');
}

/** What enabling enables besides, where the unit is new: the user could not have said anything about it. */
function alsoNew(
  context: Context,
  unit: UnitFile,
  state: { readonly isOn: boolean; readonly reason: string },
  wanted: Wanted,
  seen: Set<ByteString>,
): void {
  const { result, ours, theirs, scope } = context;
  for (const name of enablingOf(result, scope, unit).also) {
    const also = findUnit(result, scope, name);
    if (also === null || seen.has(name) || findUnit(ours, scope, name) !== null) continue;
    seen.add(name);
    const reason = `${state.reason}, as ${displayBytes(unit.name)} is, which goes with it`;
    const links = state.isOn
      ? enablingOf(result, scope, also).links
      : linksIn(theirs, scope, (other) => other === name);
    for (const link of links.values()) {
      if (state.isOn) wantLink(context, wanted, link, reason);
      else unwant(context, wanted, { path: link.path, isOwn: true }, reason);
    }
    alsoNew(context, also, state, wanted, seen);
  }
}

/** The unit is nowhere in the result: its links would dangle. Those that dangled here already stay as they are. */
function letGo(context: Context, { names, ours, base, theirs }: ChangedUnit, wanted: Wanted): void {
  const { scope } = context;
  const lost = without(ours, base).filter(({ unit }) => findUnit(context.ours, scope, unit) !== null);
  const reason = 'its unit is no longer there';
  for (const { path } of lost) unwant(context, wanted, { path, isOwn: theirs.has(path) }, reason);
  const [name] = names;
  if (lost.length === 0 || name === undefined) return;
  wanted.items.push(goneDraft(childOf(scope.config, name), lost));
}
