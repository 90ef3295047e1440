import { SystemCallError } from '../domain/failure.ts';
import type { VersionRecord } from '../domain/version.ts';
import { objectAt } from '../store/ledger-state.ts';
import type { Store } from '../store/store.ts';
import { readVersions } from '../versions/records.ts';
import { isKept, joinedMigrations, keepRun, keptOf, readRuns } from './kept-runs.ts';
import { type MigrationsOfVersion, migrationsTo, type UnreadRoot } from './logged-migrations.ts';
import { systemPlace } from './staging/change-version.ts';

/**
 * What the log would lose with versions: their own migrations, and those that failed to go on from their roots, in which the
 * reports lie. Adds to `problems` what cannot be read, and to `refusing` the roots that the kernel would not let read.
 */
export function runsToKeep(
  store: Store,
  going: readonly VersionRecord[],
  problems: string[],
  refusing: UnreadRoot[] = [],
): readonly MigrationsOfVersion[] {
  const { records } = readVersions(store.files);
  const kept = readRuns(store, problems);
  const ids = new Set(going.map(({ id }) => id));
  const hasFailed = ({ history }: VersionRecord): boolean => history.some(({ to }) => to === 'failed');
  const losing = records.filter((version) => {
    const { id, parent } = version;
    return ids.has(id) || (parent !== null && ids.has(parent) && hasFailed(version));
  });
  return losing.flatMap((version) => {
    const own: string[] = [];
    const read = migrationsTo(store, version, records, own, refusing);
    const same = keptOf(version, kept);
    if (read.length === 0 && own.length === 0 && isKept(store, version.id)) {
      // What is kept already is not replaced by nothing, be it damaged.
      if (same === undefined || same.migrations.length > 0) return [];
    }
    if (same === undefined && isRootLost(store, version)) {
      own.push(`${version.id}: what its migration did is lost: its root went before that was kept`);
    }
    problems.push(...own);
    const unreadable = [same?.unreadable ?? [], own].flat().join('; ');
    const run = { version, migrations: joinedMigrations(version, read, kept) };
    return unreadable === '' ? run : { ...run, unreadable };
  });
}

/** Whether an interrupted pruning took the root. */
function isRootLost({ state }: Store, { removing, born }: VersionRecord): boolean {
  return removing && born !== null && objectAt(state, systemPlace('tag', born)) === null;
}

/**
 * Keeps them, then removes what they tell of, by `remove`. What a full filesystem has no room for before has some after.
 * Adds to `problems` what could not be kept then either.
 */
export function keepingRuns<Result>(
  store: Store,
  runs: readonly MigrationsOfVersion[],
  problems: string[],
  remove: () => Result,
): Result {
  const late = runs.filter((run) => refusalOf(() => keepRun(store, run)) !== null);
  const result = remove();
  for (const run of late) {
    const why = refusalOf(() => keepRun(store, run));
    if (why !== null) problems.push(`The log of ${run.version.id} could not be kept: ${why}`);
  }
  return result;
}

function refusalOf(keep: () => void): string | null {
  try {
    keep();
    return null;
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    return error.message;
  }
}
