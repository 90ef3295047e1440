import { installBootFiles, removeBootFiles } from '../../boot/boot-files.ts';
import type { LoaderState, Menu, MenuEntry, Trial } from '../../boot/loader.ts';
import { bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { VersionRecord, VersionState } from '../../domain/version.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { startsOf, type VersionStart, versionStart, withFilesOf } from './starts-of-versions.ts';
import { type KnownLoader, type LoaderAt, withLoader } from './with-loader.ts';

/** What the loader does at the next start, and what a person should know of it. */
export type LoaderUpdate = { readonly state: LoaderState; readonly notes: readonly string[] };

/** Words that end whatever hangs before the new system runs in a reboot, which the loader counts. */
const trialWords = ['rd.shell=0', 'rd.emergency=reboot', 'panic=10'];

/** States in which a version is on trial, as the loader sees it: it is to be started, and has not proven itself. */
const onTrial: readonly VersionState[] = ['armed', 'migrating', 'waiting', 'trial'];

/**
 * Has the loader start what the records of the store say: kernels beside the loader, then the menu, then the state. A trial that
 * it has begun to count goes on with what it has left, unless it is armed `anew`. `asGood` names a version that is to be the good one before the store says so
 * (the loader decides, and is told first). The caller is alone (`withLoaderAlone`). Throws Failure `no-good-version`, `no-boot-space`, `loader-not-written` ….
 */
export function updateLoader(
  place: StorePlace,
  known: KnownLoader,
  { anew = false, asGood = null }: { readonly anew?: boolean; readonly asGood?: string | null } = {},
): LoaderUpdate {
  return readStore(place, (store) =>
    withLoader(known, (at) => {
      const { state: before, notes: lost } = readOrNothing(at);
      const wanted = wantedOf(store, before, asGood);
      const { menu, notes } = install(store, at, wanted);
      at.checkpoint();
      at.loader.writeMenu(menu);
      const state = {
        good: wanted.good.version.id,
        trial: trialOf(wanted.trial, before.trial, { tries: at.record.tries, anew }),
        once: before.once,
      };
      at.loader.write(state);
      removeUnused(at, menu);
      return { state, notes: [...lost, ...notes] };
    }),
  );
}

/** A loader that has lost its state starts what its menu says; it is told anew by what the store holds. */
export function readOrNothing({ loader }: LoaderAt): {
  readonly state: LoaderState;
  readonly notes: readonly string[];
} {
  try {
    return { state: loader.read(), notes: [] };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'loader-damaged') throw error;
    return { state: { good: null, trial: null, once: null }, notes: [`${error.message}: it is written anew`] };
  }
}

type Wanted = {
  readonly good: VersionStart;
  readonly trial: VersionStart | null;
  readonly others: readonly VersionStart[];
  readonly notes: readonly string[];
};

/** What the records say is to be in the menu. */
function wantedOf(store: Store, { good: before }: LoaderState, asGood: string | null): Wanted {
  const { records, good, trial } = chosenOf(store, asGood ?? before);
  const others = records.filter(
    ({ id, state }) => id !== good.id && id !== trial?.id && (state === 'good' || state === 'retired'),
  );
  const { starts, unstartable } = startsOf(store, others.toReversed());
  return {
    good: versionStart(store, good),
    trial: trial === null ? null : versionStart(store, trial),
    others: starts,
    notes: unstartable.map(({ version, why }) => `${version.id} is not in the menu: ${why}`),
  };
}

/** Whether the loader starts already what the records say. Throws Failure `no-good-version`. */
export function isSettled(store: Store, { good: before, trial: counted }: LoaderState): boolean {
  const { good, trial } = chosenOf(store, before);
  return good.id === before && (trial?.id ?? null) === (counted?.version ?? null);
}

type Chosen = {
  readonly records: readonly VersionRecord[];
  readonly good: VersionRecord;
  readonly trial: VersionRecord | null;
};

function chosenOf({ files }: Store, preferred: string | null): Chosen {
  const records = readWholeVersions(files).filter(({ removing }) => !removing);
  const good = goodOf(records, preferred);
  const trial = records.findLast(({ id, state }) => id !== good.id && onTrial.includes(state)) ?? null;
  return { records, good, trial };
}

/** The one that is good by the store; of two, as after a crash, the newer; else the one that the loader has. */
function goodOf(records: readonly VersionRecord[], preferred: string | null): VersionRecord {
  const named = records.find(({ id }) => id === preferred);
  const good = records.findLast(({ state }) => state === 'good');
  const found = named !== undefined && named.state !== 'failed' ? named : good;
  if (found !== undefined) return found;
  throw new Failure({
    code: 'no-good-version',
    kind: 'failed',
    message: 'Cannot set up the loader: no version of the store is good, so there is none to fall back to',
    advice: 'Say of the one that runs that it is: migrate mark-good VERSION',
  });
}

/** Puts the kernels beside the loader; what only may be there stays out where there is no room. */
function install(store: Store, at: LoaderAt, { good, trial, others, notes }: Wanted): { menu: Menu; notes: string[] } {
  const inMenu: MenuEntry[] = [installed(store, at, good)];
  const onTrialEntry = trial === null ? null : installed(store, at, withTrialWords(trial));
  const told = [...notes];
  for (const start of others) {
    try {
      inMenu.push(installed(store, at, start));
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'no-boot-space') throw error;
      told.push(`${start.version.id} is not in the menu: ${error.message}`);
    }
  }
  const order = new Map([good, ...others].map(({ version }) => [version.id, version.order]));
  const entries = inMenu.toSorted((a, b) => (order.get(b.version) ?? 0) - (order.get(a.version) ?? 0));
  return { menu: { good: good.version.id, entries, trial: onTrialEntry, recovery: [] }, notes: told };
}

function installed(store: Store, { files: loader, path }: LoaderAt, start: VersionStart): MenuEntry {
  const { id } = start.version;
  const files = withFilesOf(store, start, (from, wanted) => installBootFiles(loader, id, { from, files: wanted }));
  const [kernel = '', ...initrds] = files.map((file) => `${path === '/' ? '' : path}${textOrBytes(file.path)}`);
  return { version: id, title: start.title, kernel, initrds, commandLine: start.commandLine };
}

function withTrialWords(start: VersionStart): VersionStart {
  const words = start.commandLine.split(' ');
  const missing = trialWords.filter((word) => !words.includes(word));
  return { ...start, commandLine: [...words, ...missing].join(' ') };
}

function trialOf(
  wanted: VersionStart | null,
  before: Trial | null,
  { tries, anew }: { readonly tries: number; readonly anew: boolean },
): Trial | null {
  if (wanted === null) return null;
  const { id } = wanted.version;
  return before?.version === id && !anew ? before : { version: id, tries, failed: false };
}

/** What nothing in the menu names any more. */
function removeUnused({ files, path, checkpoint }: LoaderAt, { entries, trial, recovery }: Menu): void {
  const all = [...entries, ...(trial === null ? [] : [trial]), ...recovery];
  const named = all.flatMap(({ kernel, initrds }) => [kernel, ...initrds]);
  const used = new Set(named.map((name) => bytesOfText(path === '/' ? name : name.slice(path.length))));
  if (removeBootFiles(files, used)) checkpoint();
}
