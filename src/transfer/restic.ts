import { Failure } from '../domain/failure.ts';
import { jsonOrNull } from '../domain/json.ts';
import { isFields } from '../domain/volume-json.ts';
import type { System } from '../system/system.ts';

/**
 * A repository of restic, which encrypts, and stores what is equal once. The password, and what opens the place where it
 * lies, restic takes from its own variables: RESTIC_PASSWORD, RESTIC_PASSWORD_FILE, AWS_ACCESS_KEY_ID ….
 */
export type ResticRepository = { readonly system: System; readonly repository: string };

/** What a backup has come to. */
export type ResticSnapshot = { readonly id: string; readonly bytes: number; readonly added: number };

export type Backup = {
  readonly paths: readonly string[];
  readonly host: string;
  readonly tags: readonly string[];
  readonly signal: AbortSignal;
  readonly onBytes: (done: number, total: number | null) => void;
};

/** Makes the repository where there is none. Throws Failure `restic`. */
export function ensureRepository(restic: ResticRepository): void {
  try {
    runRestic(restic, ['cat', 'config']);
  } catch (error) {
    // That one is there already says nothing of why it cannot be opened.
    try {
      runRestic(restic, ['init']);
    } catch (other) {
      throw other instanceof Failure && /already (exists|initialized)/.test(other.message) ? error : other;
    }
  }
}

/** A snapshot as a repository lists it. */
export type ListedSnapshot = {
  readonly id: string;
  readonly host: string;
  readonly paths: readonly string[];
  readonly tags: readonly string[];
};

/** The snapshots that have all the tags, the newest last. Throws Failure `restic`. */
export function findSnapshots(restic: ResticRepository, tags: readonly string[]): ListedSnapshot[] {
  const said = runRestic(restic, ['snapshots', '--json', '--no-lock', '--tag', tags.join(',')]);
  const snapshots = jsonOrNull(said);
  // A repository without any says null.
  if (snapshots === null && said.trim() === 'null') return [];
  if (!Array.isArray(snapshots)) throw resticFailure(`it said of its snapshots: ${said.slice(0, 200)}`);
  return snapshots.flatMap((one: unknown) => listedSnapshot(one) ?? []);
}

function listedSnapshot(value: unknown): ListedSnapshot | null {
  if (!isFields(value)) return null;
  const { id, hostname: host, paths, tags } = value;
  if (typeof id !== 'string' || typeof host !== 'string' || !isTexts(paths) || !isTexts(tags)) return null;
  return { id, host, paths, tags };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** Lays all that a snapshot holds below a directory. Throws Failure `restic`, and the signal's reason. */
export async function restoreSnapshot(
  { system, repository }: ResticRepository,
  id: string,
  options: { readonly target: string; readonly signal: AbortSignal; readonly onTick: () => void },
): Promise<void> {
  const { target, signal, onTick } = options;
  try {
    await system.streams.run('restic', ['--repo', repository, 'restore', id, '--target', target], { signal, onTick });
  } catch (error) {
    throw signal.aborted ? error : inItsWords(error);
  }
}

/** Backs directories and files up. Throws Failure `restic` with its own words, and the signal's reason. */
export async function backUp({ system, repository }: ResticRepository, backup: Backup): Promise<ResticSnapshot> {
  const { paths, host, tags, signal, onBytes } = backup;
  const options = ['--json', '--host', host, ...tags.flatMap((tag) => ['--tag', tag])];
  const output = system.streams.output('restic', ['--repo', repository, 'backup', ...options, ...paths], { signal });
  let [line, summary]: [string, ResticSnapshot | null] = ['', null];
  try {
    for await (const piece of output) {
      const lines = (line + Buffer.from(piece).toString('utf8')).split('\n');
      line = lines.pop() ?? '';
      for (const one of lines) summary = heard(one, onBytes) ?? summary;
    }
  } catch (error) {
    throw signal.aborted ? error : inItsWords(error);
  }
  if (summary === null) throw resticFailure('it ended without saying what it has stored');
  return summary;
}

/** One line of what it says while it works; the summary where it is that. */
function heard(line: string, onBytes: Backup['onBytes']): ResticSnapshot | null {
  const said = jsonOrNull(line);
  if (!isFields(said)) return null;
  const { message_type: type, snapshot_id: id, bytes_done: done, total_bytes: total } = said;
  if (type === 'status') onBytes(numberOr(done, 0), typeof total === 'number' ? total : null);
  if (type !== 'summary' || typeof id !== 'string') return null;
  return { id, bytes: numberOr(said['total_bytes_processed'], 0), added: numberOr(said['data_added'], 0) };
}

function numberOr(value: unknown, other: number): number {
  return typeof value === 'number' ? value : other;
}

function runRestic({ system, repository }: ResticRepository, args: readonly string[]): string {
  try {
    return system.commands.run('restic', ['--repo', repository, ...args]).stdout;
  } catch (error) {
    throw inItsWords(error);
  }
}

/** The failure of the command without its arguments, in which a password may stand. */
function inItsWords(error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== 'command') return error;
  const { cause } = error;
  const said = isFields(cause) && typeof cause['stderr'] === 'string' ? cause['stderr'].trim() : '';
  return said === '' ? error : resticFailure(said.replaceAll(/\s*\n\s*/g, '; '), error);
}

function resticFailure(said: string, cause?: Failure): Failure {
  return new Failure({
    code: 'restic',
    kind: 'failed',
    message: `restic failed: ${said}`,
    advice: adviceFor(said),
    ...(cause === undefined ? {} : { cause }),
  });
}

function adviceFor(said: string): string {
  if (/Is there a repository/.test(said)) return 'Where there is to be one, make it with --init';
  if (/password/.test(said))
    return 'restic takes it from RESTIC_PASSWORD, RESTIC_PASSWORD_FILE or RESTIC_PASSWORD_COMMAND';
  return 'Mend what it says and run this again; what it had stored already it does not store again';
}
