import { SystemCallError } from '../domain/failure.ts';
import type { VersionRecord } from '../domain/version.ts';
import type { Store } from '../store/store.ts';
import { readVersions } from '../versions/records.ts';
import { joinedMigrations, keepRun, readRuns } from './kept-runs.ts';
import { type MigrationsOfVersion, migrationsTo } from './logged-migrations.ts';

/**
 * What the log would lose with versions: their own migrations, and those that failed to go on from their roots, in which the
 * reports lie. Adds to `problems` what cannot be read.
 */
export function runsToKeep(
  store: Store,
  going: readonly VersionRecord[],
  problems: string[],
): readonly MigrationsOfVersion[] {
  const { records } = readVersions(store.files);
  const kept = readRuns(store, problems);
  const ids = new Set(going.map(({ id }) => id));
  const hasFailed = ({ history }: VersionRecord): boolean => history.some(({ to }) => to === 'failed');
  const losing = records.filter((version) => {
    const { id, parent } = version;
    return ids.has(id) || (parent !== null && ids.has(parent) && hasFailed(version));
  });
  return losing.map((version) => ({
    version,
    migrations: joinedMigrations(version, migrationsTo(store, version, records, problems), kept),
  }));
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
