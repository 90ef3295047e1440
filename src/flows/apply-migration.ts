import { applyPlan, replay } from '../apply/apply-plan.ts';
import { indexModules } from '../apply/index-modules.ts';
import { relabel } from '../apply/relabel.ts';
import { findRun, type Outcome, removeRun, restoreFolders } from '../apply/run-folder.ts';
import { hasNoWayOn, type Item, waitsForChoice } from '../domain/item.ts';
import type { Plan } from '../domain/plan.ts';
import type { System } from '../system/system.ts';
import type { Trees } from '../tree/compare-trees.ts';
import { type MigrationRequest, planMigration, textDigest } from './plan-migration.ts';

/** How applying ended. */
export type Applied =
  | { readonly status: 'done' | 'already-done'; readonly plan: Plan; readonly outcome: Outcome }
  /** Nothing was changed: these items need a choice first. */
  | { readonly status: 'waiting'; readonly plan: Plan; readonly items: readonly Item[] };

export type ApplyRequest = MigrationRequest & {
  readonly unattended: boolean;
  /** Hears of the plan before anything is done by it. */
  readonly onPlan?: (plan: Plan) => void;
};

/**
 * Makes `theirs` into the result. Goes on with an interrupted run where its content was all written, starts over where it
 * was not, and changes nothing where a run has committed.
 */
export function applyMigration(system: System, trees: Trees, request: ApplyRequest): Applied {
  const found = findRun(trees.theirs, textDigest(system));
  if (found.state === 'committed') {
    removeRun(trees.theirs);
    restoreFolders(found.plan, trees.theirs);
    return { status: 'already-done', plan: found.plan, outcome: found.outcome };
  }
  if (found.state === 'prepared') {
    request.onPlan?.(found.plan);
    const outcome = replay(found.plan, found.vanished, applicationOf(system, trees, found.plan, request));
    return { status: 'done', plan: found.plan, outcome };
  }
  if (found.state === 'begun') removeRun(trees.theirs);
  return applyFresh(system, trees, request);
}

function applyFresh(system: System, trees: Trees, request: ApplyRequest): Applied {
  const { plan, blobs } = planMigration(system, trees, request);
  request.onPlan?.(plan);
  const items = plan.items.filter(request.unattended ? hasNoWayOn : waitsForChoice);
  if (items.length > 0) return { status: 'waiting', plan, items };
  const outcome = applyPlan(plan, blobs, applicationOf(system, trees, plan, request));
  return { status: 'done', plan, outcome };
}

function applicationOf(
  system: System,
  { ours, theirs }: Trees,
  plan: Plan,
  { onProgress }: ApplyRequest,
): Parameters<typeof replay>[2] {
  const total = plan.summary.bytes;
  let done = 0;
  return {
    ours,
    result: theirs,
    defaults: defaultsOf(plan),
    onBytes: (bytes) => {
      done += bytes;
      onProgress({ phase: 'prepare', done, total, unit: 'bytes' });
    },
    derive: () => indexModules(plan, theirs, system.commands),
    finish: () => {
      onProgress({ phase: 'verify', done: total, total, unit: 'bytes' });
      return relabel(plan, theirs, system.commands);
    },
  };
}

/** The defaults that an unattended run takes in place of a person. */
function defaultsOf(plan: Plan): Outcome['defaults'] {
  return plan.items.flatMap(({ key, severity, settled }) =>
    severity === 'error' && settled?.by === 'default' ? [{ key, resolution: settled.resolution }] : [],
  );
}
