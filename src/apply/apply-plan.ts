import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import type { Files } from '../system/files.ts';
import { prepare } from './prepare.ts';
import type { Derived } from './regenerate.ts';
import { replace } from './replace.ts';
import { finishRun, type Outcome, type RunRecord, recordCommitted } from './run-folder.ts';
import { verify } from './verify.ts';

/** What applying needs besides the plan. */
export type Application = {
  readonly ours: Files;
  readonly result: Files;
  readonly record: RunRecord;
  readonly defaults: Outcome['defaults'];
  /** What a person should know of how the run came about. */
  readonly notes: readonly string[];
  readonly onBytes: (bytes: number) => void;
  /** Regenerates what is derived from the files that have arrived; before attributes are set. */
  readonly derive: () => Derived;
  /** Runs between replacing and verifying, on the result as it will be. Returns notes. */
  readonly finish: (derived: Derived) => readonly string[];
};

/** Prepares, replaces, verifies and commits. Interrupted before it is prepared it leaves one folder; afterwards it is replayed. */
export function applyPlan(plan: Plan, blobs: ReadonlyMap<string, ByteString>, application: Application): Outcome {
  const vanished = prepare(plan, { ...application, blobs });
  return replay(plan, vanished, application);
}

/** Goes on with a run that is prepared: forward only, to the same result however often it is interrupted. */
export function replay(plan: Plan, vanished: readonly RootPath[], application: Application): Outcome {
  const { ours, result, defaults } = application;
  const derived = replace(plan, result, { vanished, derive: application.derive });
  const finished = application.finish(derived);
  const verified = verify(plan, { ours, result, vanished, remade: derived.remade });
  const notes = [...application.notes, ...derived.notes, ...verified, ...finished];
  const outcome: Outcome = { schema: 'migrate.outcome/1', state: 'committed', run: plan.digest, defaults, notes };
  recordCommitted(result, plan, outcome);
  finishRun(result, plan);
  return outcome;
}
