import { bytesOfText, displayBytes } from '../../domain/bytes.ts';
import { minuteOf } from '../../domain/minute.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { StorePlace } from '../../store/open-store.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { type VersionStatus, versionStatus } from '../version-status.ts';

/** What a login is told from: which version runs, what initramfs and loader said of this boot, how the last trial ended. */
export type Told = Pick<VersionStatus, 'running' | 'booted' | 'last' | 'startProblem'>;

/** pam_motd(8) shows all files of `/run/motd.d`, as the user who logs in may read them. */
const message = '/motd.d/migrate';
/** On the same filesystem, and where pam_motd does not look. */
const partial = '/migrate/motd.new';

/**
 * What everybody is told who logs in, and the journal: that a version failed, why, and what runs in its place; that the loader
 * could not do its part. Null where the last one that was tried did not fail, and the loader has no problem.
 */
export function loginMessage(told: Told): string | null {
  const { startProblem: problem } = told;
  const ofStart =
    problem === null ? [] : [`migrate: ${shortened(displayBytes(bytesOfText(problem)))}.\n  More: migrate doctor\n`];
  const lines = [...failureMessage(told), ...ofStart];
  return lines.length === 0 ? null : lines.join('');
}

function failureMessage({ running, booted, last }: Told): readonly string[] {
  const failure = failureOf({ booted, last });
  if (failure === null) return [];
  const runs = running === null ? 'an earlier version' : running.id;
  const lines = [
    headOf(failure, runs),
    `  Why:  ${shortened(displayBytes(bytesOfText(failure.why)))}`,
    ...(failure.at === null ? [] : [`  When: ${minuteOf(failure.at)}`]),
    ...(failure.forNow === true ? [forNowHint] : []),
    '  More: migrate status, migrate versions',
  ];
  return [`${lines.join('\n')}\n`];
}

function headOf({ version, forNow }: KnownFailure, runs: string): string {
  if (forNow === true)
    return `migrate: this machine runs ${runs} for now; whether its new version is made could not be told.`;
  if (runs === version) return `migrate: ${version} failed, and runs all the same.`;
  return `migrate: ${version ?? 'the new version'} failed; this machine runs ${runs} again.`;
}

/**
 * Writes the login message of this boot, or takes it away where there is nothing to tell; gives what is told, for the journal.
 * `directory` is `/run`, but in tests. Throws SystemCallError.
 */
export function tellAtLogin(system: System, told: Told, directory = '/run'): string | null {
  const text = loginMessage(told);
  const run = system.openRoot(bytesOfText(directory));
  try {
    if (text !== null) show(run, text);
    else if (run.status(message) !== null) run.unlink(message);
  } finally {
    run.close();
  }
  return text;
}

/** The same by what a store says, and by what was found of this start. Throws SystemCallError. */
export function tellOfStore(place: StorePlace, directory?: string): string | null {
  const { system } = place;
  const told = withDirectory(system, place.directory, (store) => versionStatus(system, store));
  return tellAtLogin(system, told, directory);
}

function show(run: Files, text: string): void {
  makeDirectory(run, '/migrate', 0o700);
  makeDirectory(run, '/motd.d', 0o755);
  if (run.status(partial) !== null) run.unlink(partial);
  run.create(partial, bytesOfText(text));
  run.setMode(partial, 0o644);
  run.rename(partial, message);
}

function makeDirectory(run: Files, path: string, mode: number): void {
  if (run.status(path) !== null) return;
  run.makeDirectory(path);
  run.setMode(path, mode);
}

type KnownFailure = {
  readonly version: string | null;
  readonly why: string;
  readonly at: string | null;
  readonly forNow?: true;
};

/** The store's word first; where a boot could not write it, that boot's own, and so where it has given up nothing. */
function failureOf({ booted, last }: Pick<Told, 'booted' | 'last'>): KnownFailure | null {
  if (booted?.forNow === true) return { version: null, why: booted.reason ?? noReason, at: null, forNow: true };
  if (last !== null && last.change.to === 'failed') {
    return { version: last.version.id, why: last.change.why, at: last.change.at };
  }
  if (booted?.outcome !== 'fallback') return null;
  return { version: null, why: booted.reason ?? noReason, at: null };
}

const forNowHint = '  Next: the next start tries it again, without what is written here until then';

const noReason = 'the initramfs gave no reason';

/** A login shows a few lines; `migrate status` has the rest. */
function shortened(text: string): string {
  return text.length <= 400 ? text : `${text.slice(0, 399)}…`;
}
