import type { ByteString } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import type { LoaderState, OneShot, Trial } from '../loader.ts';
import { type Entry, entryPath, listEntries, writeEntry } from './entries.ts';
import { isStartable, isTrialOf, nameOfVersion, onceName, onceOf, rankOf, renderOnce, versionOfName } from './menu.ts';

/** Reads an entry. */
type Read = (path: RootPath) => ByteString;

/** What the entries say: their names and counters are all the state that there is. */
export function readState(files: Files): LoaderState {
  return stateBy(files, (path) => files.read(path));
}

/** The same with what the disk has of the entries; what has brought it there is the caller's. */
export function readStateFromDisk(files: Files): LoaderState {
  return stateBy(files, (path) => files.readFromDisk(path));
}

function stateBy(files: Files, read: Read): LoaderState {
  const entries = listEntries(files);
  return { good: goodOf(read, entries), trial: trialOf(entries), once: pendingRequest(read, entries) };
}

/**
 * Makes the entries say a state. `trialFile` has the text of the version on trial. Each step leaves something that starts: what
 * was good goes on being the first until the counted entry is there, and a trial is good by losing its counter.
 */
export function writeState(files: Files, state: LoaderState, trialFile: RootPath): void {
  requireEntries(files, state);
  if (state.trial !== null) arm(files, state.trial, trialFile);
  if (state.good !== null) bless(files, state.good);
  for (const entry of listEntries(files)) {
    const version = versionOfName(entry.name);
    if (entry.counter !== null && version !== null && version !== state.trial?.version) files.unlink(entry.path);
  }
  request(files, state, trialFile);
}

/** Without a counter, the one that comes first: systemd-boot starts it where no trial is left. */
function goodOf(read: Read, entries: readonly Entry[]): string | null {
  const startable = entries
    .filter(({ name, counter }) => counter === null && versionOfName(name) !== null)
    .map(({ name, path }) => ({ version: versionOfName(name), text: read(path) }))
    .filter(({ text }) => isStartable(text))
    .map(({ version, text }) => ({ version, rank: rankOf(text) }))
    .toSorted((a, b) => b.rank - a.rank);
  const first = startable[0];
  return first !== undefined && first.rank >= 2 ? first.version : null;
}

function trialOf(entries: readonly Entry[]): Trial | null {
  for (const { name, counter } of entries) {
    const version = versionOfName(name);
    if (version !== null && counter !== null) return { version, tries: counter.left, failed: counter.left === 0 };
  }
  return null;
}

/** A request that was met has no start left. */
function pendingRequest(read: Read, entries: readonly Entry[]): OneShot | null {
  const entry = entries.find(({ name, counter }) => name === onceName && counter !== null && counter.left > 0);
  return entry === undefined ? null : onceOf(read(entry.path));
}

/** The starts that were counted stay in the name, for whoever looks. */
function arm(files: Files, { version, tries, failed }: Trial, trialFile: RootPath): void {
  const name = nameOfVersion(version);
  const own = listEntries(files).filter((entry) => entry.name === name);
  const counted = own.find(({ counter }) => counter !== null) ?? null;
  const wanted = entryPath(name, { left: failed ? 0 : tries, done: counted?.counter?.done ?? 0 });
  const text = trialText(files, version, trialFile);
  // One that starts by itself, of a version that was good once, would count nothing (case 73).
  for (const { path, counter } of own) if (counter === null) files.unlink(path);
  if (counted !== null && counted.path !== wanted) files.rename(counted.path, wanted);
  writeEntry(files, wanted, text);
}

function trialText(files: Files, version: string, trialFile: RootPath): ByteString {
  const text = files.status(trialFile)?.type === 'file' ? files.read(trialFile) : '';
  if (isTrialOf(text, version)) return text;
  throw notWritten(`Cannot have systemd-boot try ${version}: the menu has no such trial`);
}

function bless(files: Files, version: string): void {
  const name = nameOfVersion(version);
  const own = listEntries(files).filter((entry) => entry.name === name);
  const counted = own.find(({ counter }) => counter !== null);
  if (counted === undefined) return;
  if (own.length > 1) files.unlink(counted.path);
  else files.rename(counted.path, entryPath(name));
}

/** What starts next is what the request is for: the version on trial, else the good one. */
function request(files: Files, { good, trial, once }: LoaderState, trialFile: RootPath): void {
  const wanted = once === null || good === null ? null : entryPath(onceName, { left: 1, done: 0 });
  for (const { name, path } of listEntries(files)) if (name === onceName && path !== wanted) files.unlink(path);
  if (wanted === null || once === null || good === null) return;
  const isTried = trial !== null && !trial.failed;
  const start = isTried ? trialText(files, trial.version, trialFile) : files.read(entryPath(nameOfVersion(good)));
  writeEntry(files, wanted, renderOnce(start, once));
}

function requireEntries(files: Files, { good, trial }: LoaderState): void {
  if (good === null) return;
  const entries = listEntries(files);
  if (good !== trial?.version && entries.some(({ name }) => name === nameOfVersion(good))) return;
  throw notWritten(`Cannot have systemd-boot start ${good} by itself: it has no entry, or is on trial`);
}

function notWritten(message: string): Failure {
  return new Failure({ code: 'loader-not-written', kind: 'failed', message });
}
