import {
  type ByteString,
  bytesOfText,
  bytesToJson,
  type JsonBytes,
  jsonToBytes,
  textOrBytes,
} from '../domain/bytes.ts';
import { sameTimestamp } from '../domain/entry.ts';
import { Failure } from '../domain/failure.ts';
import { ancestorsOf, childOf, parentOf, type RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import { planFromJson, planToJson } from '../domain/plan-json.ts';
import type { Files } from '../system/files.ts';
import { setLock, unlocked } from './set-attributes.ts';

/** What is prepared, before it is moved to its place: `/.migrate/<run>/staged/<number of the action>`. */
const workFolder: RootPath = '/.migrate';
/** What a committed root keeps: the plan and the outcome of its migration. */
export const stateFolder: RootPath = '/var/lib/migrate';

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
    const outcome = readJson(result, outcomeFile) as Outcome;
    const plan = readPlan(result, childOf(stateFolder, 'plan.json'), digest);
    return { state: 'committed', plan, record: readRecord(result, stateFolder), outcome };
  }
  const work = result.status(workFolder);
  if (work === null) return { state: 'none' };
  if (work.type !== 'directory') throw inTheWay(result);
  for (const run of result.list(workFolder)) {
    const prepared = childOf(childOf(workFolder, run), 'prepared.json');
    if (result.status(prepared) === null) continue;
    const { vanished } = readJson(result, prepared) as { vanished: JsonBytes[] };
    const folder = childOf(workFolder, run);
    const plan = readPlan(result, childOf(folder, 'plan.json'), digest);
    return { state: 'prepared', plan, record: readRecord(result, folder), vanished: vanished.map(jsonToBytes) };
  }
  return { state: 'begun' };
}

/** Starts the folder of a run: private, with its plan in it. */
export function beginRun(result: Files, plan: Plan, record: RunRecord): void {
  unlocked(result, ['/'], () => result.makeDirectory(workFolder));
  result.makeDirectory(folderOf(plan));
  result.makeDirectory(childOf(folderOf(plan), 'staged'));
  result.create(childOf(folderOf(plan), 'plan.json'), bytesOfText(planToJson(plan)));
  result.create(childOf(folderOf(plan), recordName), recordToJson(record));
  result.syncFilesystem();
}

/** Records that everything the run needs is written. Content is on the disk before the record is. */
export function recordPrepared(result: Files, plan: Plan, vanished: readonly RootPath[]): void {
  result.syncFilesystem();
  const paths = vanished.map(bytesToJson);
  writeWhole(result, childOf(folderOf(plan), 'prepared.json'), bytesOfText(JSON.stringify({ vanished: paths })));
  result.syncFilesystem();
}

/** Records that the result is whole: from here on it may boot. */
export function recordCommitted(result: Files, plan: Plan, record: RunRecord, outcome: Outcome): void {
  result.syncFilesystem();
  makeStateFolder(result, plan);
  writeWhole(result, childOf(stateFolder, 'plan.json'), bytesOfText(planToJson(plan)));
  writeWhole(result, childOf(stateFolder, recordName), recordToJson(record));
  writeWhole(result, childOf(stateFolder, 'outcome.json'), bytesOfText(JSON.stringify(outcome)));
  result.syncFilesystem();
}

/** Removes the traces of a run that has to start over. */
export function removeRun(result: Files): void {
  if (result.status(workFolder) === null) return;
  for (const name of result.list(workFolder)) removeTree(result, childOf(workFolder, name));
  unlocked(result, ['/'], () => result.removeDirectory(workFolder));
}

/**
 * Cleans up after a run that has committed; nothing where that has been done. The folder of the run goes out of the root
 * directory first, so that its time and locks are set for good while there is still a trace that they have to be.
 */
export function finishRun(result: Files, plan: Plan): void {
  if (result.status(workFolder) !== null) unlocked(result, ['/'], () => result.rename(workFolder, retiredFolder));
  if (result.status(retiredFolder) === null) return;
  restoreFolders(plan, result);
  removeTree(result, retiredFolder);
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

/** Where the content of the action with this number waits. */
export function stagedPath(plan: Plan, index: number): RootPath {
  return `${folderOf(plan)}/staged/${index}`;
}

function folderOf(plan: Plan): RootPath {
  return childOf(workFolder, plan.digest.slice(0, 16));
}

/** Writes beside, syncs and renames, so that after a power cut too there is the old file or the whole new one. */
export function writeWhole(files: Files, path: RootPath, content: ByteString): void {
  const temporary = `${path}.new`;
  if (files.status(temporary) !== null) files.unlink(temporary);
  files.create(temporary, content);
  files.syncFilesystem();
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

const recordName = 'ours.json';

function recordToJson({ version, ours }: RunRecord): ByteString {
  const paths = [...ours].map(([path, state]) => ({ path: bytesToJson(path), state }));
  return bytesOfText(JSON.stringify({ schema: 'migrate.ours/1', version, paths }));
}

function readRecord(result: Files, folder: RootPath): RunRecord {
  type Json = { version: string | null; paths: { path: JsonBytes; state: string }[] };
  const { version, paths } = readJson(result, childOf(folder, recordName)) as Json;
  return { version, ours: new Map(paths.map(({ path, state }) => [jsonToBytes(path), state])) };
}

function readJson(files: Files, path: RootPath): unknown {
  try {
    return JSON.parse(readText(files, path));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Failure({
      code: 'record-damaged',
      kind: 'failed',
      message: `Cannot read the record ${files.root}${path}: ${error.message}`,
      advice: 'Make the new root again from its image and run the migration again',
    });
  }
}

function readPlan(result: Files, path: RootPath, digest: Digest): Plan {
  return planFromJson(readText(result, path), path, digest);
}

function readText(files: Files, path: RootPath): string {
  const bytes = files.read(path);
  return textOrBytes(bytes);
}
