import type { ItemDraft } from '../../domain/item.ts';
import { ancestorsOf, type RootPath } from '../../domain/path.ts';
import type { JointDecision, JointInput, JointStrategy } from '../joint-strategy.ts';
import { applyPresets, heedDisabled } from './apply-presets.ts';
import { changedUnits } from './changed-units.ts';
import { type Context, contextOf, strategyName } from './context.ts';
import { decideDefaultTarget } from './decide-default-target.ts';
import { decideMasks } from './decide-masks.ts';
import { decideUnit } from './decide-unit.ts';
import { tellOfDropIns } from './drop-ins.ts';
import { decidePending } from './pending-units.ts';
import { type Scope, scopes } from './scope.ts';
import { nothingWanted } from './wanted.ts';

/**
 * Which units of systemd are enabled, disabled and masked (case 59). A unit whose state was changed here keeps that state, by
 * the links that the new image's unit files ask for; every other unit follows the image. Unit files and drop-ins themselves
 * go their usual way.
 */
export const units: JointStrategy = {
  name: strategyName,
  decide(input) {
    const outcomes = scopes.map((scope) => decideScope(input, scope));
    const decided = new Map(outcomes.flatMap((outcome) => [...outcome.decided]));
    const items = outcomes.flatMap((outcome) => outcome.items.map(input.settle));
    return { decided, items, owners: null };
  },
};

type ScopeOutcome = {
  readonly decided: ReadonlyMap<RootPath, JointDecision>;
  readonly items: readonly ItemDraft[];
};

function decideScope(input: JointInput, scope: Scope): ScopeOutcome {
  const context = contextOf(input, scope);
  const wanted = nothingWanted();
  if (isDeletedWhole(context)) return { decided: new Map(), items: [] };
  const changed = changedUnits(context);
  heedDisabled(context, changed, wanted);
  for (const unit of changed) decideUnit(context, unit, wanted);
  decidePending(context, changed, wanted);
  decideDefaultTarget(context, wanted);
  applyPresets(context, changed, wanted);
  decideMasks(context, wanted);
  tellOfDropIns(context, wanted);
  // What one unit gives up another may want, as an alias that two units share.
  const decided = new Map([...wanted.absent, ...wanted.present]);
  const able = [...decided].filter(([path]) => context.isLeft(path) && isBelowDirectories(context, path));
  return { decided: new Map(able), items: wanted.items };
}

/** Whether the user deleted the directory of all links, or one above it: that tells nothing of single units (case 76). */
function isDeletedWhole({ carried, scope }: Context): boolean {
  return [...ancestorsOf(scope.config), scope.config].some((path) => carried.get(path)?.ours === null);
}

/** Whether the directories above the path are that, or can be made: not so where the user put a link in their place. */
function isBelowDirectories({ result }: Context, path: RootPath): boolean {
  return ancestorsOf(path).every((above) => (result.entry(above)?.type ?? 'directory') === 'directory');
}
