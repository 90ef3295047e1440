import type { Entry } from '../../domain/entry.ts';
import type { ItemDraft } from '../../domain/item.ts';
import { childOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { JointDecision } from '../joint-strategy.ts';
import { type Context, unitNow } from './context.ts';
import { findUnit, resolveTarget, type UnitFile } from './find-unit.ts';
import { type Link, linkAt } from './links.ts';

/** What the result shall have of links and masks, and what it shall not have, each with the reason. */
export type Wanted = {
  readonly present: Map<RootPath, JointDecision>;
  readonly absent: Map<RootPath, JointDecision>;
  readonly items: ItemDraft[];
};

/** Nothing is wanted yet. */
export function nothingWanted(): Wanted {
  return { present: new Map(), absent: new Map(), items: [] };
}

/** Has the result have the link, where no unit file, mask or the like stands. */
export function wantLink(context: Context, wanted: Wanted, link: Link, reason: string): void {
  const { path } = link;
  const fact = context.carried.get(path);
  const there = context.theirs.entry(path);
  const here = fact?.ours ?? null;
  if (isSomethingElse(context, path, context.result.entry(path))) return;
  if (there?.type === 'symlink' && namesUnit(there.target, link)) {
    if (fact !== undefined) wanted.present.set(path, { node: 'theirs', reason });
  } else if (here?.type === 'symlink' && namesUnit(here.target, link) && leadsSomewhere(context, path, here.target)) {
    wanted.present.set(path, { node: 'ours', reason });
  } else {
    wanted.present.set(path, { node: 'symlink', target: link.target, reason });
  }
}

/**
 * Has the result not have what this unit has at the path. What the image has there of another unit stays, and so does a
 * link of ours that leads nowhere, which is a link like any other.
 */
export function unwant(
  context: Context,
  wanted: Wanted,
  { path, isOwn }: { readonly path: RootPath; readonly isOwn: boolean },
  reason: string,
): void {
  const here = context.carried.get(path)?.ours ?? null;
  if (isSomethingElse(context, path, here) || leadsNowhere(context, linkAt(context.scope, path, here))) return;
  if (here === null && context.theirs.entry(path) === null) return;
  const isOthers = !isOwn && context.theirs.entry(path) !== null;
  wanted.absent.set(path, { node: isOthers ? 'theirs' : 'absent', reason });
}

/** A link of ours with the name and the place that its unit has in the result, where the image renamed or moved it. */
export function placedLink(context: Context, link: Link, unit: UnitFile): Link {
  const isRenamed = link.unit !== unit.name && findUnit(context.ours, context.scope, link.unit)?.name === link.unit;
  if (link.kind === 'dependency' && isRenamed)
    return { ...link, path: childOf(parentOf(link.path), unit.name), unit: unit.name, target: unit.path };
  return leadsSomewhere(context, link.path, link.target) ? link : { ...link, target: unit.path };
}

function isSomethingElse({ scope }: Context, path: RootPath, entry: Entry | null): boolean {
  return entry !== null && linkAt(scope, path, entry) === null;
}

/** Whether the link is to a unit that neither this machine nor the result has. */
function leadsNowhere(context: Context, link: Link | null): boolean {
  if (link === null) return false;
  return findUnit(context.ours, context.scope, link.unit) === null && unitNow(context, link.unit) === null;
}

function leadsSomewhere({ result }: Context, path: RootPath, target: string | undefined): boolean {
  return target !== undefined && result.entry(resolveTarget(result, path, target)) !== null;
}

/** Whether a link with this target serves as the wanted one: dependencies go by the link's own name alone. */
function namesUnit(target: string | undefined, { kind, target: wanted }: Link): boolean {
  if (target === undefined || target === '/dev/null') return false;
  return kind === 'dependency' || lastOf(target) === lastOf(wanted);
}

function lastOf(target: string): string {
  return target.slice(target.lastIndexOf('/') + 1);
}
