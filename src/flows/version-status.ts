import { Failure } from '../domain/failure.ts';
import type { StateChange, VersionRecord } from '../domain/version.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { readVersions } from '../versions/records.ts';
import type { Booted } from './boot-records.ts';
import { readStartsAnew, type StartsAnew } from './health/starts-anew.ts';
import { nextVersionOf } from './next-version.ts';
import { readBooted } from './read-booted.ts';
import { runningVersionOf } from './running-version.ts';
import { readStartFound } from './start-found.ts';
import { startProblemOf } from './start-problem.ts';

/** All versions, with the one that runs. */
export type VersionList = {
  /** Newest first. */
  readonly versions: readonly VersionRecord[];
  /** Null where it is not known. */
  readonly running: VersionRecord | null;
  /** Why a file is no record, or why it is not known which version runs. */
  readonly problems: readonly string[];
};

export type VersionStatus = VersionList & {
  /** What the initramfs said of this boot; null where it said nothing. */
  readonly booted: Booted | null;
  /** The version that the next boot is to make, or to go on with, or to start as it was left; null for none but what runs. */
  readonly next: VersionRecord | null;
  /** How the last migration or trial ended; null where there was none. */
  readonly last: { readonly version: VersionRecord; readonly change: StateChange } | null;
  /** What the loader could not do at this start; null where it did what it should, or is not known. */
  readonly startProblem: string | null;
  /** Versions of which it could not be told whether they are made, from their last start on. */
  readonly startsAnew: readonly (StartsAnew & { readonly version: string })[];
};

/** Lists the versions of a store. */
export function listVersions(system: System, store: Files): VersionList {
  const { versions, running, problems } = versionStatus(system, store);
  return { versions, running, problems };
}

/** Tells which version runs, what comes next and how the last migration ended. */
export function versionStatus(system: System, store: Files): VersionStatus {
  const { records, damaged } = readVersions(store);
  const booted = attempt(() => readBooted(system));
  const running = attempt(() => runningVersionOf(system, records));
  const last = lastOutcome(records);
  const found = attempt(() => readStartFound(system));
  const known = { found: found.value, running: running.value, last: last?.change ?? null };
  const problems = [
    ...damaged.map(({ message }) => message),
    ...[booted, running, found].flatMap(({ problem }) => problem),
  ];
  return {
    versions: records.toReversed(),
    running: running.value,
    problems: [...new Set(problems)],
    booted: booted.value,
    next: nextVersionOf(records, running.value?.id ?? null),
    last,
    startProblem: startProblemOf(system, store, known),
    startsAnew: records.flatMap(({ id }) => {
      const anew = readStartsAnew(store, id);
      return anew === null || anew.starts === 0 ? [] : [{ version: id, ...anew }];
    }),
  };
}

/** What cannot be told of the boot is no reason to show nothing of the store. */
function attempt<Value>(ask: () => Value): { readonly value: Value | null; readonly problem: readonly string[] } {
  try {
    return { value: ask(), problem: [] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { value: null, problem: [error.message] };
  }
}

function lastOutcome(records: readonly VersionRecord[]): VersionStatus['last'] {
  const changes = records.flatMap((version) => version.history.map((change) => ({ version, change })));
  const outcomes = changes.filter(({ change: { from, to } }) => endsSomething(from) && to !== 'migrating');
  return outcomes.toSorted((a, b) => b.change.order - a.change.order)[0] ?? null;
}

function endsSomething(from: StateChange['from']): boolean {
  return from === 'migrating' || from === 'trial';
}
