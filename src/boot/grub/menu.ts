import type { ByteString } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { Menu, MenuEntry } from '../loader.ts';
import { heading, kernelWords, quoted, quotedTitle, unquoted } from './script.ts';
import { isPlainWord, mostTries } from './state-variables.ts';

/** What a menu is made from, besides what is in it. */
export type MenuFacts = {
  /** The loader's directory from the top of its filesystem, with a leading slash. */
  readonly path: string;
};

/** Says which file is ours, for whoever looks for the menu in a configuration of GRUB. */
export const menuName = 'menu.cfg';

/** What GRUB calls an entry. */
export function entryId(version: string): string {
  return `migrate-version-${version}`;
}

const trialId = 'migrate-trial';

/**
 * The menu as GRUB's script; whoever sources it has set `migrate_root` to the filesystem. Everything in it but what is
 * started is the same for all machines. Throws Failure `loader-menu` or `loader-command-line`.
 */
export function renderMenu(menu: Menu, facts: MenuFacts): ByteString {
  requirePlain(menu);
  return [
    readState(menu, facts),
    chooseStart(menu),
    passReason,
    startVersions(menu.entries),
    ...(menu.trial === null ? [] : [trialEntry(menu.trial)]),
    ...menu.entries.map(versionEntry),
    ...(menu.recovery.length === 0 ? [] : [recoveryMenu(menu.recovery)]),
  ].join('\n');
}

/** The versions that a menu can start, by its text. */
export function versionsIn(menu: ByteString): readonly string[] {
  return [...menu.matchAll(/--id 'migrate-version-([^']*)'/g)].map((match) => match[1] ?? '');
}

/** The version that a menu starts where no environment says another; null where its text says none. */
export function goodIn(menu: ByteString): string | null {
  const [, word = null] = /^set migrate_good=('(?:[^']|'\\'')*')$/m.exec(menu) ?? [];
  return word === null ? null : unquoted(word);
}

/** The files by which a menu starts versions, by its text; those of repairs are none of them. */
export function startFilesIn(menu: ByteString): ReadonlySet<string> {
  const [starts = ''] = menu.split(`\n${recoveryHeading}`);
  const files = [...starts.matchAll(/\(\$migrate_root\)('(?:[^']|'\\'')*')/g)].map(([, word = '']) => unquoted(word));
  return new Set(files);
}

/** How the menu of repairs begins, which is the last part. */
const recoveryHeading = 'submenu Recovery ';

function requirePlain({ good, entries, trial, recovery }: Menu): void {
  const all = [...entries, ...(trial === null ? [] : [trial]), ...recovery];
  const strange = all.find(({ version }) => !isPlainWord(version));
  if (strange !== undefined) throw unusable(`${JSON.stringify(strange.version)} is no id of a version`);
  if (!entries.some(({ version }) => version === good)) throw unusable(`it lacks ${good}, which is the good version`);
  const ids = entries.map(({ version }) => version);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw unusable(`${twice} is in it twice`);
}

function unusable(why: string): Failure {
  return new Failure({ code: 'loader-menu', kind: 'failed', message: `Cannot write the menu of GRUB: ${why}` });
}

/** The newer environment, where it says anything; what it does not say stays as it is set here. */
function readState({ good, entries }: Menu, { path }: MenuFacts): ByteString {
  const unknown = entries.map(({ version }) => `"$migrate_good" != ${quoted(version)}`).join(' -a ');
  const names = ['good', 'trial', 'state', 'tries', 'once', 'nonce'].map((name) => `migrate_${name}`).join(' ');
  return `${heading}
set migrate_directory="($migrate_root)"${quoted(path === '/' ? '' : path)}
set migrate_good=${quoted(good)}
set migrate_trial=
set migrate_state=
set migrate_tries=
set migrate_once=
set migrate_nonce=
set migrate_environment=
set migrate_env=none

set migrate_generation=0
if [ -s "$migrate_directory/env.a" ]; then load_env --file "$migrate_directory/env.a" migrate_generation; fi
set migrate_newest="$migrate_generation"
if [ "$migrate_newest" -gt 0 ]; then
  set migrate_environment="$migrate_directory/env.a"
  set migrate_env="a:$migrate_generation"
fi
set migrate_generation=0
if [ -s "$migrate_directory/env.b" ]; then load_env --file "$migrate_directory/env.b" migrate_generation; fi
if [ "$migrate_generation" -gt "$migrate_newest" ]; then
  set migrate_environment="$migrate_directory/env.b"
  set migrate_env="b:$migrate_generation"
fi
if [ -n "$migrate_environment" ]; then
  load_env --file "$migrate_environment" ${names}
fi
# Between two writes the menu may be newer than the environment: it is the first to say that a trial has proven itself.
if [ ${unknown} ]; then set migrate_good=${quoted(good)}; fi
if [ "$migrate_trial" = ${quoted(good)} ]; then set migrate_good=${quoted(good)}; fi
export migrate_root
export migrate_env
`;
}

/** The trial while it has tries left, which its own entry counts; else the good version. */
function chooseStart({ trial }: Menu): ByteString {
  const good = `set migrate_why=stable
set migrate_start="migrate-version-$migrate_good"
`;
  const tried =
    trial === null
      ? ''
      : `if [ "$migrate_state" = try -a "$migrate_trial" = ${quoted(trial.version)} ]; then
  if [ "$migrate_tries" -ge 1 ]; then
    set migrate_why=try
    set migrate_start=${trialId}
  else
    set migrate_why=fallback
    set migrate_state=failed
    save_env --file "$migrate_environment" migrate_state
  fi
fi
`;
  return `${good}${tried}set default="$migrate_start"
`;
}

/**
 * Sets `migrate_words` for the entry $1. A request that is to be met once is cleared first, and read again: where it is still
 * there, nothing could be written, and it would be met at every start (case 101). Only the entry that GRUB chose meets it.
 */
const passReason: ByteString = `
function migrate_reason {
  set migrate_words=
  if [ "$1" != "$migrate_start" ]; then
    set migrate_why=stable
  elif [ -n "$migrate_once" -a -n "$migrate_environment" ]; then
    set migrate_mode="$migrate_once"
    set migrate_once=
    save_env --file "$migrate_environment" migrate_once
    set migrate_once=unread
    load_env --file "$migrate_environment" migrate_once
    if [ -z "$migrate_once" ]; then
      set migrate_words="migrate.reset=$migrate_mode migrate.nonce=$migrate_nonce"
    fi
  fi
}
`;

/** `migrate_load` starts the version $1, and comes back where it has no kernel that loads; `migrate_rescue` goes on with any version. */
function startVersions(entries: readonly MenuEntry[]): ByteString {
  const cases = entries.map((entry, index) => {
    const condition = `${index === 0 ? 'if' : 'elif'} [ "$1" = ${quoted(entry.version)} ]; then`;
    return `  ${condition}\n${loading(entry, '$migrate_why', '    ')}`;
  });
  const others = entries.map(({ version }) => `  migrate_load ${quoted(version)}\n`);
  return `function migrate_restart {
  echo "This could not be loaded. The machine restarts in a minute."
  sleep --interruptible 60
  reboot
}

function migrate_load {
${cases.join('')}  fi
}

function migrate_rescue {
  set migrate_why=stable
  set migrate_words=
${others.join('')}  migrate_restart
}
`;
}

/**
 * What starts by itself asks nobody for a password, where a configuration sets `superusers`; a repair and a change of an entry
 * still do (GRUB manual, "Authentication and authorisation").
 */
const unattended = '--unrestricted';

function versionEntry({ version, title }: MenuEntry): ByteString {
  return `menuentry ${quotedTitle(title)} ${unattended} --id ${quoted(entryId(version))} {
  migrate_reason ${quoted(entryId(version))}
  migrate_load ${quoted(version)}
  migrate_rescue
}
`;
}

/**
 * Counts, and starts the trial only where the count is on the disk: what GRUB cannot write it would start for ever. It counts
 * here and not at the top, so that a start of another entry that a person picks is none.
 */
function trialEntry(trial: MenuEntry): ByteString {
  const digits = Array.from({ length: mostTries }, (_, index) => mostTries - index);
  const counting = digits.map(
    (tries, index) =>
      `    ${index === 0 ? 'if' : 'elif'} [ "$migrate_tries" = ${tries} ]; then set migrate_left=${tries - 1}\n`,
  );
  return `menuentry ${quotedTitle(trial.title)} ${unattended} --id ${trialId} {
  set migrate_left=
  set migrate_counted=
  if [ "$migrate_state" = try -a "$migrate_trial" = ${quoted(trial.version)} ]; then
${counting.join('')}    fi
  fi
  if [ -n "$migrate_left" ]; then
    set migrate_tries="$migrate_left"
    save_env --file "$migrate_environment" migrate_tries
    set migrate_tries=unread
    load_env --file "$migrate_environment" migrate_tries
    if [ "$migrate_tries" = "$migrate_left" ]; then set migrate_counted=yes; fi
  fi
  if [ -n "$migrate_counted" ]; then
    migrate_reason "$migrate_start"
${loading(trial, 'try', '    ')}    set migrate_why=fallback
  elif [ -n "$migrate_left" ]; then
    set migrate_why=env-readonly
  else
    set migrate_why=stable
  fi
  set migrate_words=
  migrate_load "$migrate_good"
  migrate_rescue
}
`;
}

/** In a menu of its own only what is exported is known. */
function recoveryMenu(recovery: readonly MenuEntry[]): ByteString {
  const entries = recovery.map(
    (entry, index) => `  menuentry ${quotedTitle(entry.title)} --id migrate-recovery-${index + 1} {
    set migrate_words=
${loading(entry, 'stable', '    ')}    migrate_rescue
  }
`,
  );
  return `${recoveryHeading}--id migrate-recovery {\n${entries.join('')}}\n`;
}

/**
 * An entry never ends with a kernel whose initrd could not be loaded: GRUB would start it without. Nor is another kernel loaded
 * after one: GRUB 2.06 frees the command line of the second when it lets go of the first (grub_linux_unload). So the files
 * are looked for first, and what still fails ends in a reset, which for a trial is counted.
 */
function loading({ kernel, initrds, commandLine }: MenuEntry, why: string, indent: string): ByteString {
  const words = [kernelWords(commandLine), `migrate.why=${why}`, 'migrate.env=$migrate_env', '$migrate_words'];
  const files = [kernel, ...initrds].map((file) => `($migrate_root)${quoted(file)}`);
  const [linux = '', ...rest] = files;
  const lines = [
    `if [ ${files.map((file) => `-s ${file}`).join(' -a ')} ]; then`,
    `  if linux ${linux} ${words.join(' ')}; then`,
    rest.length === 0 ? '    boot' : `    if initrd ${rest.join(' ')}; then boot; fi`,
    '    migrate_restart',
    '  fi',
    'fi',
  ];
  return lines.map((line) => `${indent}${line}\n`).join('');
}
