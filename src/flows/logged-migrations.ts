import { findRun, type Outcome } from '../apply/run-folder.ts';
import { textOrBytes } from '../domain/bytes.ts';
import { Failure, SystemCallError } from '../domain/failure.ts';
import { jsonOrNull } from '../domain/json.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import { planFromJson } from '../domain/plan-json.ts';
import type { VersionRecord } from '../domain/version.ts';
import type { Place } from '../domain/volume.ts';
import { isFields } from '../domain/volume-json.ts';
import { objectAt } from '../store/ledger-state.ts';
import type { Store } from '../store/store.ts';
import type { Files } from '../system/files.ts';
import { failedFolder } from './leave-report.ts';
import { textDigest } from './plan-migration.ts';
import { systemPlace } from './staging/change-version.ts';
import { withRoot } from './with-root.ts';

/** A migration to a version: what was decided, and what came of it. */
export type LoggedMigration =
  | { readonly state: 'committed'; readonly plan: Plan; readonly outcome: Outcome }
  /** The plan is null where it did not come to one. */
  | { readonly state: 'failed'; readonly plan: Plan | null; readonly reason: string };

/** A version with its migrations: one that was committed at most, and one that failed. */
export type MigrationsOfVersion = {
  readonly version: VersionRecord;
  readonly migrations: readonly LoggedMigration[];
  /** Why more could not be read when the version was removed. */
  readonly unreadable?: string;
};

/** A root that the kernel would not let read, and the version whose migration was looked for there. */
export type UnreadRoot = { readonly id: string; readonly place: Place };

/**
 * What the roots keep of the migrations to a version. Adds to `problems` what cannot be read, and to `refusing` where a
 * system call that failed is why.
 */
export function migrationsTo(
  store: Store,
  version: VersionRecord,
  records: readonly VersionRecord[],
  problems: string[],
  refusing: UnreadRoot[] = [],
): LoggedMigration[] {
  const look = (place: Place | null, read: (files: Files) => LoggedMigration | null): LoggedMigration[] => {
    if (place === null || objectAt(store.state, place) === null) return [];
    try {
      return lookInto(store, place, read);
    } catch (error) {
      if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
      problems.push(`${version.id}: ${error.message}`);
      if (error instanceof SystemCallError) refusing.push({ id: version.id, place });
      return [];
    }
  };
  const parent = records.find(({ id }) => id === version.parent);
  const failed = version.history.some(({ to }) => to === 'failed') && parent !== undefined;
  const reportPlace = failed ? systemPlace('branch', parent.branch) : null;
  // What was committed stands in the tag too, which nobody has changed since.
  const root = version.born === null ? systemPlace('branch', version.branch) : systemPlace('tag', version.born);
  return [
    ...look(root, (files) => committedIn(store, files)),
    ...look(reportPlace, (files) => failedIn(store, files, version.id)),
  ];
}

function lookInto(
  { backend, system }: Store,
  place: Place,
  read: (files: Files) => LoggedMigration | null,
): LoggedMigration[] {
  const found = backend.withContent(place, { writable: false }, (directory) => withRoot(system, directory, read));
  return found === null ? [] : [found];
}

function committedIn({ system }: Store, files: Files): LoggedMigration | null {
  const run = findRun(files, textDigest(system));
  return run.state === 'committed' ? { state: 'committed', plan: run.plan, outcome: run.outcome } : null;
}

/** The report of a migration that failed, as `leaveReport` left it. */
function failedIn({ system }: Store, files: Files, id: string): LoggedMigration | null {
  const folder = failedFolder(id);
  const [outcomeFile, planFile] = [childOf(folder, 'outcome.json'), childOf(folder, 'plan.json')];
  if (files.status(outcomeFile) === null) return null;
  const plan = files.status(planFile) === null ? null : textOrBytes(files.read(planFile));
  return {
    state: 'failed',
    plan: plan === null ? null : planFromJson(plan, planFile, textDigest(system)),
    reason: reasonOf(textOrBytes(files.read(outcomeFile)), outcomeFile),
  };
}

function reasonOf(text: string, file: RootPath): string {
  const outcome = jsonOrNull(text);
  if (isFields(outcome) && typeof outcome['reason'] === 'string') return outcome['reason'];
  throw new Failure({
    code: 'record-damaged',
    kind: 'failed',
    message: `Cannot read the report ${file}: it tells no reason`,
  });
}
