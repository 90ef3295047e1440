import type { ByteString } from '../../domain/bytes.ts';
import { bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { parseKernelCommandLine } from '../../domain/kernel-command-line.ts';
import type { Menu, MenuEntry, OneShot } from '../loader.ts';

/**
 * Of entries with one sort-key, systemd-boot starts the one with the greatest version, those without a start left last
 * (systemd-boot(7), UAPI.1 Boot Loader Specification). A trial that was blessed stays before the one that was good.
 */
const ranks = { once: '4', trial: '3', good: '2', other: '1' } as const;

/** An entry file: its name without counter and ending, and its text. */
export type EntryFile = { readonly name: string; readonly text: ByteString };

/**
 * The name of the file of a version, the same on trial and when it is good: to be good is to lose the counter. A `+` begins the
 * counter, so one of the version is `_p`, and `_` is `__`: names have letters, digits and `+-_.` only (UAPI.1).
 */
export function nameOfVersion(version: string): string {
  return `migrate-${version.replace(/[_+]/g, (letter) => (letter === '+' ? '_p' : '__'))}`;
}

/** The version of an entry by its name; null where it is another one. */
export function versionOfName(name: string): string | null {
  const [, version] = /^migrate-(.+)$/.exec(name) ?? [];
  return version?.replace(/_[_p]/g, (letters) => (letters === '_p' ? '+' : '_')) ?? null;
}

/** Entries that are no version's begin as no version's name does. */
export const onceName = 'migrate.once';

const repairPrefix = 'migrate.recovery-';

/** Whether an entry is one that a person picks for a repair, by its name. */
export function isRepair(name: string): boolean {
  return name.startsWith(repairPrefix);
}

/** The kernel and the initrds of an entry, by its text. */
export function startFilesOf(text: ByteString): readonly string[] {
  return [...text.matchAll(/^(?:linux|initrd) (.*)$/gm)].map(([, file = '']) => textOrBytes(file));
}

/** Whether a text starts what it should: systemd-boot leaves out an entry without a kernel, and takes options that were cut short. */
export function isStartable(text: ByteString): boolean {
  return /^linux .+\n/m.test(text) && /^options .*\bmigrate\.why=(?:try|stable)(?: .*)?\n/m.test(text);
}

/** What starts a version by itself, and what a person may pick for a repair. Throws Failure `loader-menu`. */
export function renderMenu({ entries, good, recovery }: Menu): readonly EntryFile[] {
  const ids = entries.map(({ version }) => version);
  if (!ids.includes(good)) throw unusable(`it lacks ${good}, which is the good version`);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw unusable(`${twice} is in it twice`);
  // The good one last: until it is written, what was good before comes first.
  const ordered = entries.toSorted((a, b) => Number(a.version === good) - Number(b.version === good));
  return [
    ...ordered.map((entry) => {
      const rank = entry.version === good ? ranks.good : `${ranks.other}.${ids.length - ids.indexOf(entry.version)}`;
      return { name: nameOfVersion(entry.version), text: rendered(entry, { sortKey: 'migrate', rank, why: 'stable' }) };
    }),
    ...recovery.map((entry, index) => ({
      name: `${repairPrefix}${index + 1}`,
      text: rendered(entry, { sortKey: 'migrate-recovery', rank: String(recovery.length - index), why: 'stable' }),
    })),
  ];
}

/** The text of the entry of a version on trial. */
export function renderTrial(trial: MenuEntry): ByteString {
  return `${trialMark(trial.version)}${rendered(trial, { sortKey: 'migrate', rank: ranks.trial, why: 'try' })}`;
}

/** Whether a text is the entry of that version on trial. */
export function isTrialOf(text: ByteString, version: string): boolean {
  return text.startsWith(trialMark(version));
}

function trialMark(version: string): ByteString {
  return `# On trial: ${version}\n`;
}

/** The entry of a request, made from the one that would be started without it: it has one start, and comes before all others. */
export function renderOnce(start: ByteString, { mode, nonce }: OneShot): ByteString {
  return start
    .replace(/^version .*$/m, `version ${ranks.once}`)
    .replace(/^options .*$/m, (options) => `${options} migrate.reset=${mode} migrate.nonce=${nonce}`);
}

/** The request of such an entry; null where it says none. */
export function onceOf(text: ByteString): OneShot | null {
  const options = parseKernelCommandLine(/^options (.*)$/m.exec(text)?.[1] ?? '');
  const mode = options.value('migrate.reset');
  const nonce = options.value('migrate.nonce');
  return mode === null || nonce === null ? null : { mode, nonce };
}

/** How an entry ranks; 0 where it is none of ours. */
export function rankOf(text: ByteString): number {
  return Number(/^version ([0-9.]+)$/m.exec(text)?.[1] ?? 0);
}

type Place = { readonly sortKey: string; readonly rank: string; readonly why: 'stable' | 'try' };

function rendered(
  { version, title, kernel, initrds, commandLine }: MenuEntry,
  { sortKey, rank, why }: Place,
): ByteString {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(version))
    throw unusable(`${JSON.stringify(version)} is no name of an entry`);
  const lines = [
    `title ${title}`,
    `sort-key ${sortKey}`,
    `version ${rank}`,
    `linux ${kernel}`,
    ...initrds.map((initrd) => `initrd ${initrd}`),
    `options ${commandLine} migrate.why=${why}`,
  ];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they end a line of the entry
  return bytesOfText(lines.map((line) => `${line.replace(/[\x00-\x1f\x7f]+/g, ' ')}\n`).join(''));
}

function unusable(why: string): Failure {
  return new Failure({
    code: 'loader-menu',
    kind: 'failed',
    message: `Cannot write the entries of systemd-boot: ${why}`,
  });
}
