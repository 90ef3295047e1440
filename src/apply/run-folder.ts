import {
  type ByteString,
  bytesOfText,
  bytesToJson,
  displayBytes,
  isJsonBytes,
  type JsonBytes,
  jsonToBytes,
  textOrBytes,
} from '../domain/bytes.ts';
import { sameTimestamp } from '../domain/entry.ts';
import { Failure } from '../domain/failure.ts';
import { packagesToReinstall, pendingUnitsNote, unitsToEnable } from '../domain/local-package.ts';
import { ancestorsOf, childOf, parentOf, type RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import { planFromJson, planToJson } from '../domain/plan-json.ts';
import type { Files } from '../system/files.ts';
import type { DeliveredSettings } from './delivered-settings.ts';
import { setLock, unlocked } from './set-attributes.ts';
import { workRecords } from './work-records.ts';

/** What is prepared, before it is moved to its place: in `/.migrate/<run>/staged`. */
const workFolder: RootPath = '/.migrate';
/** What a committed root keeps: the plan and the outcome of its migration. */
export const stateFolder: RootPath = '/var/lib/migrate';

/** The version that a run is for, and the state that it carries. */
const recordName = 'ours.json';

/** The packages that the new system is to install again, a name a line; `reinstall-packages` takes out what it has done. */
export const reinstallNote = 'reinstall';

/** Where the folder of a run goes when it has committed, until it is removed. */
const retiredFolder: RootPath = '/var/lib/migrate/retired';

/** Directories in which the run's own records come and go: locked, and given their time back, when all is over. */
export const foldersOfRecords: ReadonlySet<RootPath> = new Set([...ancestorsOf(stateFolder), stateFolder]);

/** The outcome of a migration, kept in the root it made. */
export type Outcome = {
  readonly schema: 'migrate.outcome/1';
  readonly state: 'committed';
  /** The digest of the plan. */
  readonly run: string;
  /** Defaults that an unattended run took. */
  readonly defaults: readonly { readonly key: string; readonly resolution: string }[];
  /** What could not be done as planned and loses nothing that the old version does not keep. */
  readonly notes: readonly string[];
};

/** For which version a run works, and the state of ours that it carries: so that a later boot can tell whether it still holds. */
export type RunRecord = {
  /** The id of the version; null where the tree is not made for one. */
  readonly version: string | null;
  /** A fingerprint of each path that was changed here. */
  readonly ours: ReadonlyMap<RootPath, string>;
  /** What the image's settings said before they were replaced. */
  readonly delivered: DeliveredSettings;
};

/** How far an earlier run came. */
export type FoundRun =
  | { readonly state: 'none' }
  /** Not all content was written: thrown away. */
  | { readonly state: 'begun' }
  /** All content was written and nothing else is needed: replayed. */
  | {
      readonly state: 'prepared';
      readonly plan: Plan;
      readonly record: RunRecord;
      readonly vanished: readonly RootPath[];
    }
  | { readonly state: 'committed'; readonly plan: Plan; readonly record: RunRecord; readonly outcome: Outcome };

type Digest = (text: string) => string;

/** Looks for the traces of an earlier run in a result. */
export function findRun(result: Files, digest: Digest): FoundRun {
  const outcomeFile = childOf(stateFolder, 'outcome.json');
  if (result.status(outcomeFile) !== null) {
    const outcome = readOutcome(result, outcomeFile);
    const plan = readPlan(result, childOf(stateFolder, 'plan.json'), digest);
    return { state: 'committed', plan, record: readRecord(result, stateFolder), outcome };
  }
  const work = result.status(workFolder);
  if (work === null) return { state: 'none' };
  if (work.type !== 'directory') throw inTheWay(result);
  for (const run of result.list(workFolder)) {
    const prepared = childOf(childOf(workFolder, run), 'prepared.json');
    if (result.status(prepared) === null) continue;
    const { vanished } = readJson(result, prepared);
    if (!Array.isArray(vanished) || !vanished.every(isJsonBytes)) throw damaged(result, prepared, 'it names no paths');
    const folder = childOf(workFolder, run);
    const plan = readPlan(result, childOf(folder, 'plan.json'), digest);
    return { state: 'prepared', plan, record: readRecord(result, folder), vanished: vanished.map(jsonToBytes) };
  }
  return { state: 'begun' };
}

/**
 * Starts the folder of a run: private, with its plan in it. Not synced: until the run is prepared its folder counts for
 * nothing, whatever a power cut leaves of it.
 */
export function beginRun(result: Files, plan: Plan, record: RunRecord): void {
  unlocked(result, ['/'], () => result.makeDirectory(workFolder));
  result.makeDirectory(folderOf(plan));
  result.makeDirectory(stagingFolder(plan));
  result.create(childOf(folderOf(plan), 'plan.json'), bytesOfText(planToJson(plan)));
  result.create(childOf(folderOf(plan), recordName), recordToJson(record));
}

/** Records that everything the run needs is written. Content is on the disk before the record is. */
export function recordPrepared(result: Files, plan: Plan, vanished: readonly RootPath[]): void {
  const paths = vanished.map(bytesToJson);
  writeWhole(result, childOf(folderOf(plan), 'prepared.json'), bytesOfText(JSON.stringify({ vanished: paths })));
  result.syncFilesystem();
}

/**
 * Records that the result is whole: from here on it may boot. Nothing reads the other records before the outcome is there,
 * and that comes to its name when all that it speaks of is on the disk.
 */
export function recordCommitted(result: Files, plan: Plan, outcome: Outcome): void {
  makeStateFolder(result, plan);
  for (const name of ['plan.json', recordName]) keep(result, childOf(folderOf(plan), name), childOf(stateFolder, name));
  for (const { name, content } of workRecords(plan)) writeBeside(result, childOf(stateFolder, name), content);
  const packages = packagesToReinstall(plan.items);
  if (packages.length > 0) writeBeside(result, childOf(stateFolder, reinstallNote), `${packages.join('\n')}\n`);
  const units = unitsToEnable(plan.items);
  if (units.length > 0) writeBeside(result, pendingUnitsNote, `${units.join('\n')}\n`);
  writeWhole(result, childOf(stateFolder, 'outcome.json'), bytesOfText(JSON.stringify(outcome)));
  result.syncFilesystem();
}

/** What a committed root keeps of the run that made it, the outcome first. */
export const recordFiles: readonly RootPath[] = ['outcome.json', 'plan.json', recordName].map((name) =>
  childOf(stateFolder, name),
);

/** Makes a result, whose own version keeps the records, an image that another migration may be made of; the outcome goes first. */
export function forgetOutcome(result: Files): void {
  for (const path of recordFiles) if (result.status(path) !== null) result.unlink(path);
}

/** Removes the traces of a run that has to start over. */
export function removeRun(result: Files): void {
  if (result.status(workFolder) === null) return;
  for (const name of result.list(workFolder)) removeTree(result, childOf(workFolder, name));
  unlocked(result, ['/'], () => result.removeDirectory(workFolder));
}

/**
 * Cleans up after a run that has committed, where that has not been done; afterwards everything is on the disk. The folder
 * of the run goes out of the root directory first, so that its time and locks are set for good while there is still a
 * trace that they have to be.
 */
export function finishRun(result: Files, plan: Plan): void {
  if (result.status(workFolder) !== null) unlocked(result, ['/'], () => result.rename(workFolder, retiredFolder));
  if (result.status(retiredFolder) !== null) {
    restoreFolders(plan, result);
    removeTree(result, retiredFolder);
  }
  result.syncFilesystem();
}

/** Gives the directories of the records the time and the locks that are planned for them. */
function restoreFolders({ actions }: Plan, result: Files): void {
  for (const action of actions) {
    if (action.kind !== 'attributes' && action.kind !== 'directory') continue;
    const { path, attributes } = action;
    if (!foldersOfRecords.has(path)) continue;
    const now = result.status(path)?.mtime;
    if (now === undefined || !sameTimestamp(now, attributes.mtime)) {
      unlocked(result, [path], () => result.setModified(path, attributes.mtime));
    }
    setLock(result, path, attributes);
  }
}

/** Where what arrives waits. */
export function stagingFolder(plan: Plan): RootPath {
  return childOf(folderOf(plan), 'staged');
}

function folderOf(plan: Plan): RootPath {
  return childOf(workFolder, plan.digest.slice(0, 16));
}

/**
 * Writes beside, syncs and renames, so that after a power cut too there is the old file or the whole new one, and
 * everything that was written before it.
 */
export function writeWhole(files: Files, path: RootPath, content: ByteString): void {
  writeBeside(files, path, content, () => files.syncFilesystem());
}

/** Gives a record of the run a name that stays. What has that name already is of a run that was interrupted here. */
function keep(result: Files, record: RootPath, path: RootPath): void {
  if (result.status(path) !== null) result.unlink(path);
  result.link(path, record);
}

/** Writes beside and renames; on the disk only with the next synchronization. */
function writeBeside(files: Files, path: RootPath, content: ByteString, settle: () => void = () => undefined): void {
  const temporary = `${path}.new`;
  if (files.status(temporary) !== null) files.unlink(temporary);
  files.create(temporary, content);
  settle();
  files.rename(temporary, path);
}

/**
 * Makes the folder of the records and what is missing above it. Each appears with its mode, by a rename, so that an
 * interrupted run leaves no `/var` that services cannot enter.
 */
function makeStateFolder(result: Files, plan: Plan, path: RootPath = stateFolder): void {
  if (result.status(path) !== null) return;
  makeStateFolder(result, plan, parentOf(path));
  const made = childOf(folderOf(plan), 'made');
  if (result.status(made) === null) result.makeDirectory(made);
  result.setMode(made, path === stateFolder ? 0o700 : 0o755);
  unlocked(result, [parentOf(path)], () => result.rename(made, path));
}

function inTheWay({ root }: Files): Failure {
  return new Failure({
    code: 'work-folder',
    kind: 'failed',
    message: `Cannot work in ${root}${workFolder}: the image ships something of that name that is no directory`,
    advice: "Take it out of the image: the name is migrate's own",
  });
}

function removeTree(files: Files, path: RootPath): void {
  if (files.status(path)?.type !== 'directory') {
    files.unlink(path);
    return;
  }
  for (const name of files.list(path)) removeTree(files, childOf(path, name));
  files.removeDirectory(path);
}

function recordToJson({ version, ours, delivered }: RunRecord): ByteString {
  const rows = (states: ReadonlyMap<RootPath, string>): unknown[] =>
    [...states].map(([path, state]) => ({ path: bytesToJson(path), state }));
  return bytesOfText(
    JSON.stringify({ schema: 'migrate.ours/1', version, paths: rows(ours), delivered: rows(delivered) }),
  );
}

function readRecord(result: Files, folder: RootPath): RunRecord {
  const file = childOf(folder, recordName);
  const { version, paths, delivered } = readJson(result, file);
  const isNamed = version === null || typeof version === 'string';
  if (!isNamed || !isPathStates(paths) || !isPathStates(delivered)) {
    throw damaged(result, file, 'it does not tell a version and the state of paths');
  }
  const states = (rows: readonly PathState[]): Map<RootPath, string> =>
    new Map(rows.map(({ path, state }) => [jsonToBytes(path), state]));
  return { version, ours: states(paths), delivered: states(delivered) };
}

type PathState = { readonly path: JsonBytes; readonly state: string };

function isPathStates(rows: unknown): rows is readonly PathState[] {
  return Array.isArray(rows) && rows.every(isPathState);
}

function isPathState(row: unknown): row is PathState {
  if (typeof row !== 'object' || row === null || !('path' in row) || !('state' in row)) return false;
  return isJsonBytes(row.path) && typeof row.state === 'string';
}

function readOutcome(result: Files, file: RootPath): Outcome {
  const outcome = readJson(result, file);
  const { schema, state, run, defaults, notes } = outcome;
  const isWhole = schema === 'migrate.outcome/1' && state === 'committed' && typeof run === 'string';
  if (!isWhole || !Array.isArray(defaults) || !Array.isArray(notes)) throw damaged(result, file, 'it tells no outcome');
  return { schema, state, run, defaults, notes };
}

/** The object in a record. Throws Failure `record-damaged`. */
function readJson(files: Files, path: RootPath): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(readText(files, path));
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(files, path, error.message);
    throw error;
  }
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw damaged(files, path, 'it is no object');
}

function damaged(files: Files, path: RootPath, why: string): Failure {
  return new Failure({
    code: 'record-damaged',
    kind: 'failed',
    message: `Cannot read the record ${displayBytes(files.root)}${path}: ${why}`,
    advice: 'Make the new root again from its image and run the migration again',
  });
}

function readPlan(result: Files, path: RootPath, digest: Digest): Plan {
  return planFromJson(readText(result, path), path, digest);
}

function readText(files: Files, path: RootPath): string {
  const bytes = files.read(path);
  return textOrBytes(bytes);
}
