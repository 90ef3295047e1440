import { installBootFiles, removeBootFiles } from '../../boot/boot-files.ts';
import type { LoaderState, Menu, MenuEntry } from '../../boot/loader.ts';
import { displayBytes, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Store } from '../../store/store.ts';
import type { RecoveryStarts } from './recovery-starts.ts';
import { type VersionStart, withFilesOf } from './starts-of-versions.ts';
import type { LoaderAt } from './with-loader.ts';

/** What is to be in the menu. */
export type WantedStarts = {
  readonly good: VersionStart;
  readonly trial: VersionStart | null;
  /** What may be there, where there is room; newest first. */
  readonly others: readonly VersionStart[];
  /** What a person may pick for a repair, where there is room and the program is there. */
  readonly recovery: RecoveryStarts;
  /** The good version with the kernel that it had before the newest, likewise; null where it has none. */
  readonly kernelBefore: VersionStart | null;
};

/** The menu of what is beside the loader, and what is not, and why. */
export type Installed = { readonly menu: Menu; readonly notes: readonly string[] };

/** Words that end whatever hangs before the new system runs in a reboot, which the loader counts. */
const trialWords = ['rd.shell=0', 'rd.emergency=reboot', 'panic=10'];

/**
 * Puts kernels beside the loader. Where there is no room, those of versions that only may be in the menu give way, and all that
 * only repairs load, the previous kernel of the good version too; a trial that has none even then is left out, unless it
 * `mustBeTried`. What the loader starts by the menu and the state that it has now stays. Throws Failure `no-boot-space`.
 */
export function installStarts(
  store: Store,
  at: LoaderAt,
  wanted: WantedStarts,
  { before, mustBeTried }: { readonly before: LoaderState; readonly mustBeTried: boolean },
): Installed {
  const { good, trial, others } = wanted;
  const counted = before.trial?.version ?? null;
  const needed = new Set([before.good, counted, good.version.id, trial?.version.id ?? null]);
  const wantedToo = new Set(others.map(({ version }) => version.id));
  removeBootFiles(at.files, (version) => needed.has(version) || wantedToo.has(version));
  const first = orFull(() => installNeeded(store, at, wanted));
  if (!(first instanceof Failure))
    return withRepairs(store, at, wanted, withOthers(store, at, { ...wanted, menu: first }));
  const started = at.loader.startFiles();
  const isSpare = (version: string, path: RootPath): boolean => version !== counted && isProgram(path);
  const isStarted = (path: RootPath): boolean => started.has(inMenu(at.path, path));
  removeBootFiles(at.files, (version, path) => needed.has(version) && isStarted(path) && !isSpare(version, path));
  const crowded = others.map((start) => leftOut(start, first));
  const second = orFull(() => installNeeded(store, at, wanted));
  if (!(second instanceof Failure)) return withRepairs(store, at, wanted, { menu: second, notes: crowded });
  if (trial === null || mustBeTried) throw second;
  const notTried = `${trial.version.id} is not tried: ${second.message}`;
  return { menu: installNeeded(store, at, { good, trial: null }), notes: [...crowded, notTried] };
}

/** Removes the files of versions that the menu does not name. */
export function removeUnused({ files, path, checkpoint }: LoaderAt, { entries, trial, recovery }: Menu): void {
  const all = [...entries, ...(trial === null ? [] : [trial]), ...recovery];
  const named = new Set(all.flatMap(({ kernel, initrds }) => [kernel, ...initrds]));
  if (removeBootFiles(files, (_, file) => named.has(inMenu(path, file)))) checkpoint();
}

/** Whether a file of the loader's directory is one that starts without work for the program do not need. */
function isProgram(path: RootPath): boolean {
  return /\/migrate\.cpio\.zst-[^/]*$/.test(path);
}

function installNeeded(store: Store, at: LoaderAt, { good, trial }: Pick<WantedStarts, 'good' | 'trial'>): Menu {
  const entries = [installed(store, at, good)];
  const counted = trial === null ? null : installed(store, at, withTrialWords(trial));
  return { good: good.version.id, entries, trial: counted, recovery: [] };
}

type WithMenu = WantedStarts & { readonly menu: Menu };

function withOthers(store: Store, at: LoaderAt, { menu, good, others }: WithMenu): Installed {
  const found = others.map((start) => ({ start, entry: orFull(() => installed(store, at, start)) }));
  const there = found.flatMap(({ entry }) => (entry instanceof Failure ? [] : [entry]));
  const notes = found.flatMap(({ start, entry }) => (entry instanceof Failure ? [leftOut(start, entry)] : []));
  const order = new Map([good, ...others].map(({ version }) => [version.id, version.order]));
  const newestFirst = (a: MenuEntry, b: MenuEntry): number => (order.get(b.version) ?? 0) - (order.get(a.version) ?? 0);
  return { menu: { ...menu, entries: [...menu.entries, ...there].toSorted(newestFirst) }, notes };
}

function withRepairs(store: Store, at: LoaderAt, wanted: WantedStarts, found: Installed): Installed {
  return withKernelBefore(store, at, wanted, withRecovery(store, at, wanted, found));
}

/** At the end of the Recovery menu, whose other entries stay in their places. Needs no program. */
function withKernelBefore(store: Store, at: LoaderAt, wanted: WantedStarts, { menu, notes }: Installed): Installed {
  const { kernelBefore: start } = wanted;
  if (start === null) return { menu, notes };
  const entry = orFull(() => installed(store, at, start));
  if (entry instanceof Failure)
    return { menu, notes: [...notes, `The previous kernel is not in the menu: ${entry.message}`] };
  return { menu: { ...menu, recovery: [...menu.recovery, entry] }, notes };
}

/** A machine without a Recovery menu starts as any other: why it has none is a note. */
function withRecovery(store: Store, at: LoaderAt, { recovery }: WantedStarts, { menu, notes }: Installed): Installed {
  const { start, choices } = recovery;
  const lacks = withFilesOf(store, start, (from, files) =>
    files.find(({ path }) => from.status(path)?.type !== 'file'),
  );
  const entry = lacks === undefined ? orFull(() => installed(store, at, start)) : noProgram(start, lacks.path);
  if (entry instanceof Failure) return { menu, notes: [...notes, `There is no Recovery menu: ${entry.message}`] };
  return { menu: { ...menu, recovery: choices.map((choice) => ({ ...entry, ...choice })) }, notes };
}

function noProgram({ version: { id } }: VersionStart, path: RootPath): Failure {
  const message = `${id} has no ${displayBytes(path)}`;
  return new Failure({ code: 'no-program', kind: 'failed', message });
}

/** What has come of it; or the failure, where there was no room. */
function orFull<Result>(run: () => Result): Result | Failure {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure && error.code === 'no-boot-space') return error;
    throw error;
  }
}

function leftOut({ version }: VersionStart, { message }: Failure): string {
  return `${version.id} is not in the menu: ${message}`;
}

function installed(store: Store, { files: loader, path }: LoaderAt, start: VersionStart): MenuEntry {
  const { id } = start.version;
  const files = withFilesOf(store, start, (from, wanted) => installBootFiles(loader, id, { from, files: wanted }));
  const [kernel = '', ...initrds] = files.map((file) => inMenu(path, file.path));
  return { version: id, title: start.title, kernel, initrds, commandLine: start.commandLine };
}

/** What the menu calls a file of the loader's directory, which lies at `path`. */
function inMenu(path: string, file: RootPath): string {
  return childOf(path, textOrBytes(file).slice(1));
}

function withTrialWords(start: VersionStart): VersionStart {
  const words = start.commandLine.split(' ');
  const missing = trialWords.filter((word) => !words.includes(word));
  return { ...start, commandLine: [...words, ...missing].join(' ') };
}
