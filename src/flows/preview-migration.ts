import { findRun } from '../apply/run-folder.ts';
import type { ByteString } from '../domain/bytes.ts';
import type { Choices } from '../domain/choices.ts';
import type { Plan } from '../domain/plan.ts';
import type { System } from '../system/system.ts';
import { type ContentDiff, contentDiffs } from './content-diffs.ts';
import { keptChoices } from './kept-choices.ts';
import { type MigrationRequest, planMigration, textDigest, withTrees } from './plan-migration.ts';

/** A plan to look at; `applied` where it is that of a run that has committed. */
export type Preview = { readonly plan: Plan; readonly diffs: readonly ContentDiff[]; readonly applied: boolean };

/** The same with merged contents by their SHA-256, where the plan was made now. */
export type MadePreview = Preview & { readonly blobs: ReadonlyMap<string, ByteString> };

type Request = Omit<MigrationRequest, 'choices'> & {
  readonly diffs: boolean;
  /** Null for those that the old system keeps. */
  readonly choices: Choices | null;
};

/** The plan that applying would follow; the stored one where a run is under way or has committed. */
export function previewMigration(system: System, request: Request): MadePreview {
  return withTrees(system, request, (trees) => {
    const found = findRun(trees.theirs, textDigest(system));
    if (found.state === 'prepared' || found.state === 'committed') {
      return { plan: found.plan, blobs: new Map(), diffs: [], applied: found.state === 'committed' };
    }
    const choices = request.choices ?? keptChoices(trees.ours);
    const { plan, blobs } = planMigration(system, trees, { ...request, choices });
    return { plan, blobs, diffs: request.diffs ? contentDiffs(plan, trees, blobs) : [], applied: false };
  });
}
