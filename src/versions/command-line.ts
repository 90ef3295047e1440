import type { RootLocation, StoreLocation } from '../domain/boot-request.ts';
import type { VersionBoot, VersionRecord } from '../domain/version.ts';

/** What names the migration of a boot: subvolumes of the device that the root is on. */
export type MigrationRoots = {
  readonly old: string;
  /** Null where none is known. */
  readonly base: string | null;
  readonly new: string;
};

/**
 * Words of a command line that belong to what it started: the loader's, the root's, the migration's; and those by which a
 * person starts something else once.
 */
const ownWords =
  /^(BOOT_IMAGE|initrd|root|rootflags|ro|rw|migrate\..*|rd\.migrate|rd\.shell|rd\.emergency|panic|rdinit|init|rd\.break|systemd\.unit|single|emergency|rescue|[sS1-5])$/;

/** What of a running system's command line its next version has too: consoles, `quiet`, and what else was added to it. */
export function inheritedWords(commandLine: string): string[] {
  const words: readonly string[] = commandLine.trim().match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  // What comes after it is for init, and init is the next version's own.
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? words.length : end).filter((word) => !ownWords.test(word.split('=')[0] ?? ''));
}

/** The command line that starts a root. */
export function plainCommandLine({ device, subvolume }: RootLocation, inherited: readonly string[]): string {
  const flags = subvolume === null ? [] : [`rootflags=subvol=${subvolume}`];
  return [`root=${device}`, ...flags, 'rw', ...inherited].join(' ');
}

/**
 * The whole command line of the next boot of a version: where it is still to be made, with what has its initramfs make
 * it, and with what ends in a reboot whatever fails before that.
 */
export function commandLineOf(
  { id, state }: Pick<VersionRecord, 'id' | 'state'>,
  { commandLine }: Pick<VersionBoot, 'commandLine'>,
  { store, roots }: { readonly store: StoreLocation; readonly roots: MigrationRoots },
): string {
  if (!isToBeMade(state)) return commandLine;
  return [
    commandLine,
    ...['migrate.run', `migrate.version=${id}`, `migrate.old=subvol=${roots.old}`],
    ...[`migrate.base=${roots.base === null ? 'none' : `subvol=${roots.base}`}`, `migrate.new=subvol=${roots.new}`],
    `migrate.store=${store.device},path=${store.path}`,
    ...['rd.shell=0', 'rd.emergency=reboot', 'panic=10'],
  ].join(' ');
}

/** Whether the version's root is made by the boot. */
export function isToBeMade(state: VersionRecord['state']): boolean {
  return state === 'armed' || state === 'migrating' || state === 'waiting';
}
