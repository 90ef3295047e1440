import { type ByteString, bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { errorCode, Failure } from '../../domain/failure.ts';
import { type Health, healthDocument, whatFailed } from '../../domain/health.ts';
import { jsonOrNull } from '../../domain/json.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import { isFields } from '../../domain/volume-json.ts';
import { readIfThere, replaceFile } from '../../store/replace-file.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { readVersions } from '../../versions/records.ts';
import { failureFolder, failures } from './failure-folder.ts';
import { readStartsAnew, removeStartsAnew } from './starts-anew.ts';

/** How many failed boots of a version are kept, the last ones. */
const keptFailures = 3;

/** How much of a boot's journal is kept: the end of it. */
const journalBytes: number = 4 * 1024 * 1024;
const journalSeconds = 60;

const schema = 'migrate.unhealthy/1';

/** What a boot of a version came to that was not healthy. */
export type FailedBoot = {
  readonly version: string;
  readonly at: string;
  readonly health: Health;
  /** What went wrong besides the checks; null where nothing did. */
  readonly problem: string | null;
};

/**
 * Keeps what failed, and the journal of this boot, where every version finds it: in `failures/<version>/<n>-checks.json` and
 * `<n>-journal.txt` of the store. Gives what of it could not be kept, and why: the machine has to go on all the same.
 */
export async function saveFailedBoot(
  system: System,
  store: Files,
  boot: FailedBoot,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const folder = failureFolder(boot.version);
  const number = Math.max(0, ...numbersIn(store, folder)) + 1;
  const why = [...whatFailed(boot.health), ...(boot.problem === null ? [] : [boot.problem])];
  const document = { schema, version: boot.version, at: boot.at, why };
  const checks = bytesOfText(`${JSON.stringify({ ...document, health: healthDocument(boot.health) }, null, 2)}\n`);
  return [
    // Before the new ones: they may be all that takes the room.
    ...attempt('remove old logs', () => {
      removeForgotten(store);
      removeAllBut(store, folder, keptFailures - 1);
    }),
    ...attempt('keep what failed', () => replaceFile(store, childOf(folder, `${number}-checks.json`), checks)),
    ...(await saveJournal(system, store, childOf(folder, `${number}-journal.txt`), signal)),
  ];
}

/** Why the last boots of a version came to nothing, as far as that is known, a sentence each. */
export function lastFailureOf(store: Files, version: string): readonly string[] {
  const anew = readStartsAnew(store, version);
  return [...lastUnhealthyOf(store, version), ...(anew === null || anew.starts === 0 ? [] : [anew.why])];
}

function lastUnhealthyOf(store: Files, version: string): readonly string[] {
  const folder = failureFolder(version);
  const last = Math.max(0, ...numbersIn(store, folder));
  const text = readIfThere(store, childOf(folder, `${last}-checks.json`));
  const document = text === null ? null : jsonOrNull(textOrBytes(text));
  if (!isFields(document) || document['schema'] !== schema || !Array.isArray(document['why'])) return [];
  return document['why'].filter((why) => typeof why === 'string');
}

async function saveJournal(
  system: System,
  store: Files,
  path: RootPath,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const args = ['--boot', '--no-pager', '--quiet', '--output=short-precise'];
  const limits = { limitSeconds: journalSeconds, keptBytes: journalBytes, signal };
  const { output, ended, status, how } = await system.runLimited('journalctl', args, limits);
  const problem = ended === 'exited' && status === 0 ? [] : [`cannot read the whole journal: ${how}`];
  return [...problem, ...attempt('keep the journal', () => replaceFile(store, path, output))];
}

/** The logs of versions that are no more go with the next that are written. */
function removeForgotten(store: Files): void {
  const { records, damaged } = readVersions(store);
  // Whose record cannot be read may be any of them.
  if (damaged.length > 0) return;
  const known = new Set<ByteString>(records.map(({ id }) => id));
  for (const folder of namesIn(store, failures).filter((name) => !known.has(name))) {
    const path = childOf(failures, folder);
    removeAllBut(store, path, 0);
    removeStartsAnew(store, folder);
    // What somebody else has put there stays.
    if (store.status(path)?.type === 'directory' && store.list(path).length === 0) store.removeDirectory(path);
  }
}

function removeAllBut(store: Files, folder: RootPath, count: number): void {
  const numbers = [...new Set(numbersIn(store, folder))].toSorted((a, b) => a - b);
  const old = numbers.slice(0, Math.max(0, numbers.length - count));
  for (const name of namesIn(store, folder)) {
    if (old.includes(numberOf(name) ?? -1)) store.unlink(childOf(folder, name));
  }
}

function numbersIn(store: Files, folder: RootPath): readonly number[] {
  return namesIn(store, folder).flatMap((name) => numberOf(name) ?? []);
}

function namesIn(store: Files, folder: RootPath): readonly ByteString[] {
  return store.status(folder)?.type === 'directory' ? store.list(folder) : [];
}

function numberOf(name: ByteString): number | null {
  const [, digits] = /^([0-9]{1,9})-(?:checks\.json|journal\.txt)(?:\.partial)?$/.exec(name) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** What went wrong, where something did that a person can do something about. */
function attempt(what: string, act: () => void): readonly string[] {
  try {
    act();
    return [];
  } catch (error) {
    if (!(error instanceof Failure) && errorCode(error) === null) throw error;
    return [`cannot ${what}: ${error instanceof Error ? error.message : String(error)}`];
  }
}
