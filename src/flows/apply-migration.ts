import { type Application, applyPlan, replay } from '../apply/apply-plan.ts';
import { readDelivered } from '../apply/delivered-settings.ts';
import { indexModules } from '../apply/index-modules.ts';
import { regenerate } from '../apply/regenerate.ts';
import { relabel } from '../apply/relabel.ts';
import { type FoundRun, findRun, finishRun, type Outcome, type RunRecord, removeRun } from '../apply/run-folder.ts';
import { displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { hasNoWayOn, type Item, waitsForChoice } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import { withoutOldNames } from '../plan/without-old-names.ts';
import type { System } from '../system/system.ts';
import type { Trees } from '../tree/compare-trees.ts';
import { currentState, type MigrationRequest, planMigration, textDigest } from './plan-migration.ts';
import { changedBetween } from './state-of-ours.ts';

/** How applying ended. */
export type Applied =
  | { readonly status: 'done' | 'already-done'; readonly plan: Plan; readonly outcome: Outcome }
  /** Nothing was changed: these items need a choice first. */
  | { readonly status: 'waiting'; readonly plan: Plan; readonly items: readonly Item[] };

export type ApplyRequest = MigrationRequest & {
  readonly unattended: boolean;
  /** Hears of the plan before anything is done by it. */
  readonly onPlan?: (plan: Plan) => void;
  /** At boot: the version that is made, and whether the storage lets an earlier run be gone on with. */
  readonly boot?: { readonly version: string; readonly resumes: boolean };
};

/**
 * Makes `theirs` into the result. Goes on with an interrupted run where its content was all written, starts over where it
 * was not, and changes nothing where a run has committed. At boot an earlier run counts only if it was for this version
 * and nothing was changed on the old system since. Throws Failure `not-pristine` or `stale-run`.
 */
export function applyMigration(system: System, trees: Trees, request: ApplyRequest): Applied {
  const found = findRun(trees.theirs, textDigest(system));
  if (found.state === 'none') return applyFresh(system, trees, request);
  if (request.boot?.resumes === false) throw notPristine(trees);
  if (found.state === 'begun') {
    removeRun(trees.theirs);
    return applyFresh(system, trees, request);
  }
  const counts = found.state === 'prepared' || request.boot !== undefined;
  const changed = counts ? changedBetween(found.record.ours, currentState(system, trees, request)) : [];
  if (request.boot !== undefined) refuseStale(found.record, changed, request.boot.version);
  if (found.state === 'prepared') return goOn(system, trees, request, { ...found, changed });
  finishRun(trees.theirs, found.plan);
  return { status: 'already-done', plan: found.plan, outcome: found.outcome };
}

type Interrupted = Extract<FoundRun, { state: 'prepared' }> & { readonly changed: readonly RootPath[] };

/** Replays a run that was prepared. What was changed here since is not in it, and is named. */
function goOn(system: System, trees: Trees, request: ApplyRequest, found: Interrupted): Applied {
  const { plan, record, vanished } = found;
  request.onPlan?.(plan);
  const changed = found.changed.filter((path) => !vanished.includes(path)).map(displayBytes);
  const note = `changed here since the interrupted run was prepared, and not carried: ${changed.join(', ')}`;
  const notes = changed.length === 0 ? [] : [note];
  const outcome = replay(plan, vanished, applicationOf(system, trees, request, { plan, record, notes }));
  return { status: 'done', plan, outcome };
}

function applyFresh(system: System, trees: Trees, request: ApplyRequest): Applied {
  const { plan: whole, blobs, ours } = planMigration(system, trees, request);
  const plan = request.reset?.mode === 'total' ? withoutOldNames(whole, system.digest) : whole;
  request.onPlan?.(plan);
  const items = whole.items.filter(request.unattended ? hasNoWayOn : waitsForChoice);
  if (items.length > 0) return { status: 'waiting', plan, items };
  const delivered = readDelivered(plan, trees.theirs, system.digest);
  const record = { version: request.boot?.version ?? null, ours, delivered };
  const outcome = applyPlan(plan, blobs, applicationOf(system, trees, request, { plan, record, notes: [] }));
  return { status: 'done', plan, outcome };
}

/** A result that no longer fits must not boot: what was done on the old system since would be lost. */
function refuseStale(record: RunRecord, changed: readonly RootPath[], version: string): void {
  if (record.version === version && changed.length === 0) return;
  const [first] = changed;
  const what =
    first === undefined ? `it was for ${record.version ?? 'no version'}` : `${displayBytes(first)} was changed since`;
  throw new Failure({
    code: 'stale-run',
    kind: 'failed',
    message: `Cannot go on with the interrupted migration to ${version}: ${what}`,
    advice:
      "Write the new image to its filesystem again, and arm the entry again: the old system's state is carried anew",
  });
}

function notPristine({ theirs }: Trees): Failure {
  return new Failure({
    code: 'not-pristine',
    kind: 'failed',
    message: `Cannot use the new image: it holds the records of a migration (in ${displayBytes(theirs.root)})`,
    advice: 'Take an image as delivered; one made from a running machine needs /var/lib/migrate and /.migrate removed',
  });
}

type Run = Pick<Application, 'record' | 'notes'> & { readonly plan: Plan };

function applicationOf(
  system: System,
  { ours, theirs }: Trees,
  { onProgress }: ApplyRequest,
  { plan, record, notes }: Run,
): Application {
  const total = plan.summary.bytes;
  let done = 0;
  return {
    ours,
    result: theirs,
    record,
    notes,
    defaults: defaultsOf(plan),
    onBytes: (bytes) => {
      done += bytes;
      onProgress({ phase: 'prepare', done, total, unit: 'bytes' });
    },
    derive: () => {
      const indexes = indexModules(plan, theirs, system.commands);
      const { commands, digest } = system;
      const regenerated = regenerate(plan, { result: theirs, delivered: record.delivered, commands, digest });
      return { ...regenerated, places: [...indexes, ...regenerated.places] };
    },
    finish: ({ places }) => {
      onProgress({ phase: 'verify', done: total, total, unit: 'bytes' });
      return relabel(plan, places, theirs, system.commands);
    },
  };
}

/** The defaults that an unattended run takes in place of a person. */
function defaultsOf(plan: Plan): Outcome['defaults'] {
  return plan.items.flatMap(({ key, severity, settled }) =>
    severity === 'error' && settled?.by === 'default' ? [{ key, resolution: settled.resolution }] : [],
  );
}
