import {
  type ByteString,
  bytesOfText,
  bytesToJson,
  type JsonBytes,
  jsonToBytes,
  textOfBytes,
} from '../domain/bytes.ts';
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

/** How far an earlier run came. */
export type FoundRun =
  | { readonly state: 'none' }
  /** Not all content was written: thrown away. */
  | { readonly state: 'begun' }
  /** All content was written and nothing else is needed: replayed. */
  | { readonly state: 'prepared'; readonly plan: Plan; readonly vanished: readonly RootPath[] }
  | { readonly state: 'committed'; readonly plan: Plan; readonly outcome: Outcome };

type Digest = (text: string) => string;

/** Looks for the traces of an earlier run in a result. */
export function findRun(result: Files, digest: Digest): FoundRun {
  const outcomeFile = childOf(stateFolder, 'outcome.json');
  if (result.status(outcomeFile) !== null) {
    const outcome = JSON.parse(readText(result, outcomeFile)) as Outcome;
    return { state: 'committed', plan: readPlan(result, childOf(stateFolder, 'plan.json'), digest), outcome };
  }
  const work = result.status(workFolder);
  if (work === null) return { state: 'none' };
  if (work.type !== 'directory') throw inTheWay(result);
  for (const run of result.list(workFolder)) {
    const prepared = childOf(childOf(workFolder, run), 'prepared.json');
    if (result.status(prepared) === null) continue;
    const { vanished } = JSON.parse(readText(result, prepared)) as { vanished: JsonBytes[] };
    const plan = readPlan(result, childOf(childOf(workFolder, run), 'plan.json'), digest);
    return { state: 'prepared', plan, vanished: vanished.map(jsonToBytes) };
  }
  return { state: 'begun' };
}

/** Starts the folder of a run: private, with its plan in it. */
export function beginRun(result: Files, plan: Plan): void {
  unlocked(result, ['/'], () => result.makeDirectory(workFolder));
  result.makeDirectory(folderOf(plan));
  result.makeDirectory(childOf(folderOf(plan), 'staged'));
  result.create(childOf(folderOf(plan), 'plan.json'), bytesOfText(planToJson(plan)));
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
export function recordCommitted(result: Files, plan: Plan, outcome: Outcome): void {
  result.syncFilesystem();
  makeStateFolder(result, plan);
  writeWhole(result, childOf(stateFolder, 'plan.json'), bytesOfText(planToJson(plan)));
  result.syncFilesystem();
  writeWhole(result, childOf(stateFolder, 'outcome.json'), bytesOfText(JSON.stringify(outcome)));
  result.syncFilesystem();
}

/** Removes the traces of a run that is over, or that has to start over. */
export function removeRun(result: Files): void {
  if (result.status(workFolder) === null) return;
  for (const name of result.list(workFolder)) removeTree(result, childOf(workFolder, name));
  unlocked(result, ['/'], () => result.removeDirectory(workFolder));
}

/** Gives the directories of the records the time and the locks that are planned for them. */
export function restoreFolders({ actions }: Plan, result: Files): void {
  for (const action of actions) {
    if (action.kind !== 'attributes' && action.kind !== 'directory') continue;
    const { path, attributes } = action;
    if (!foldersOfRecords.has(path)) continue;
    const now = result.status(path)?.mtime;
    const { seconds, nanoseconds } = attributes.mtime;
    if (now?.seconds !== seconds || now.nanoseconds !== nanoseconds) {
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

/** Writes beside and renames, so that a reader finds the old file or the whole new one. */
export function writeWhole(files: Files, path: RootPath, content: ByteString): void {
  const temporary = `${path}.new`;
  if (files.status(temporary) !== null) files.unlink(temporary);
  files.create(temporary, content);
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

function readPlan(result: Files, path: RootPath, digest: Digest): Plan {
  return planFromJson(readText(result, path), path, digest);
}

function readText(files: Files, path: RootPath): string {
  const bytes = files.read(path);
  return textOfBytes(bytes) ?? bytes;
}
