import { isBelow, type RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import { typedPaths } from '../domain/typed-path.ts';
import { readStore, type StorePlace } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { readVersions } from '../versions/records.ts';
import { normalizedPath } from './explain-rule.ts';
import { readStartsAnew, type StartsAnew } from './health/starts-anew.ts';
import { joinedMigrations, readRuns } from './kept-runs.ts';
import { type MigrationsOfVersion, migrationsTo } from './logged-migrations.ts';
import { versionCalled } from './staging/change-version.ts';

export type LogRequest = {
  /** The version that is meant; null for all. */
  readonly id: string | null;
  /** Only what was decided at this path and below it. */
  readonly path: string | null;
};

/** `isPruned`: it is in the store no more, and this is what was kept of it. */
export type LoggedVersion = MigrationsOfVersion & {
  readonly isPruned: boolean;
  /** Null where none of its starts was one after which the machine started anew, and for one that was removed. */
  readonly startsAnew: StartsAnew | null;
};

export type MigrationLog = {
  /** Newest first; where a path is asked for, only those in which something was decided about it. */
  readonly versions: readonly LoggedVersion[];
  /** What could not be read, and why. */
  readonly problems: readonly string[];
};

/**
 * What every migration of a store decided and did, as the roots keep it, and what was kept of roots that are no more. Throws
 * Failure `no-version`, `not-absolute`.
 */
export function migrationLog(place: StorePlace, { id, path }: LogRequest): MigrationLog {
  const paths = path === null ? null : typedPaths(path).map(normalizedPath);
  return readStore(place, (store) => {
    const problems: string[] = [];
    const versions = versionsMeant(store, id, problems);
    return { versions: paths === null ? versions : onlyAbout(versions, paths), problems };
  });
}

function versionsMeant(store: Store, id: string | null, problems: string[]): readonly LoggedVersion[] {
  const { records, damaged } = readVersions(store.files);
  problems.push(...damaged.map(({ message }) => message));
  const kept = readRuns(store, problems);
  const pruned = kept.filter(({ version }) => records.every((record) => record.id !== version.id));
  const isMeant = (version: { readonly id: string }): boolean => id === null || version.id === id;
  const goneMeant = pruned.filter(({ version }) => isMeant(version));
  problems.push(...goneMeant.flatMap(({ unreadable }) => unreadable ?? []));
  const meant = id !== null && goneMeant.length === 0 ? [versionCalled(store, id)] : records.filter(isMeant);
  const known = meant.map((version) => {
    const migrations = joinedMigrations(version, migrationsTo(store, version, records, problems), kept);
    return { version, migrations, isPruned: false, startsAnew: readStartsAnew(store.files, version.id) };
  });
  const all = [...known, ...goneMeant.map((one) => ({ ...one, isPruned: true, startsAnew: null }))];
  return all.toSorted((a, b) => b.version.order - a.version.order);
}

function onlyAbout(versions: readonly LoggedVersion[], paths: readonly RootPath[]): LoggedVersion[] {
  return versions.flatMap(({ migrations, ...one }) => {
    const about = migrations.flatMap((migration) => {
      const plan = migration.plan === null ? null : planAbout(migration.plan, paths);
      return plan === null || plan.decisions.length + plan.items.length === 0 ? [] : { ...migration, plan };
    });
    return about.length === 0 ? [] : [{ ...one, migrations: about }];
  });
}

function planAbout(plan: Plan, paths: readonly RootPath[]): Plan {
  const isMeant = (path: RootPath): boolean => paths.some((meant) => path === meant || isBelow(path, meant));
  return {
    ...plan,
    decisions: plan.decisions.filter(({ path }) => isMeant(path)),
    items: plan.items.filter((item) => item.paths.some(isMeant)),
  };
}
