import { partOption, type RootLocation, type StoreLocation } from '../domain/boot-request.ts';
import { mapperPath } from '../domain/device-mapper.ts';
import type { RecoveryMode } from '../domain/recovery-request.ts';
import type { VersionBoot, VersionRecord } from '../domain/version.ts';

/** What names the roots of a boot's migration: where they are on another device than the root, that too. */
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
  /^(BOOT_IMAGE|initrd|root|rootfstype|rootflags|ro|rw|migrate\..*|rd\.migrate|rd\.shell|rd\.emergency|panic|rdinit|init|rd\.break|systemd\.unit|single|emergency|rescue|[sS1-5])$/;

/** Options of `rootflags=` that say which root it is and how it is started. */
const ownFlags = /^(|subvol=.*|subvolid=.*|object=.*|ro|rw)$/;

/** What of a running system's command line its next version has too. */
export type Inherited = {
  /** Options by which the root is mounted, such as `compress=zstd`. */
  readonly flags: readonly string[];
  /** Consoles, `quiet`, and what else was added to it. */
  readonly words: readonly string[];
};

/**
 * What the next version inherits. `left` is the device that the running root is mounted from where the next one lies on
 * another volume, else null: a volume that both lie on is needed by both. Where `rootflags=` is given more than once all options count, as for
 * systemd-fstab-generator(8); what the fstab says of `/` is carried with the fstab.
 */
export function inheritedOf(commandLine: string, left: string | null): Inherited {
  const words: readonly string[] = commandLine.trim().match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  // What comes after it is for init, and init is the next version's own.
  const end = words.indexOf('--');
  const before = words.slice(0, end === -1 ? words.length : end);
  const flags = before.flatMap((word) => /^"?rootflags="?([^"]*)"?$/.exec(word)?.[1]?.split(',') ?? []);
  return {
    flags: [...new Set(flags)].filter((flag) => !ownFlags.test(flag)),
    words: before.filter(
      (word) =>
        !ownWords.test(word.replace(/^"/, '').split('=')[0] ?? '') && (left === null || !activates(word, left, before)),
    ),
  };
}

/**
 * Whether the word has the volume activated that is left, which may be removed: dracut would wait for it for ever. `root=`
 * may name it by a UUID or a label too.
 */
function activates(word: string, left: string, words: readonly string[]): boolean {
  const [, group, name] = /^rd\.lvm\.lv=([^/]+)\/(.+)$/.exec(word) ?? [];
  if (group === undefined || name === undefined) return false;
  const nodes = [mapperPath({ group, name }), `/dev/${group}/${name}`];
  return nodes.some((node) => node === left || words.includes(`root=${node}`));
}

/** The command line that starts a root; `more` is what its initramfs needs besides to find it. */
export function plainCommandLine(
  { device, ...part }: RootLocation,
  { flags, words }: Inherited,
  more: readonly string[] = [],
): string {
  const options = [...partOption(part), ...flags];
  return [
    `root=${device}`,
    // An initramfs that knows no such type mounts nothing, instead of the whole filesystem.
    ...(part.object === undefined ? [] : ['rootfstype=migrate']),
    ...(options.length === 0 ? [] : [`rootflags=${options.join(',')}`]),
    ...['rw', ...more, ...words.filter((word) => !more.includes(word))],
  ].join(' ');
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
    ...['migrate.run', `migrate.version=${id}`, `migrate.old=${roots.old}`],
    ...[`migrate.base=${roots.base ?? 'none'}`, `migrate.new=${roots.new}`],
    `migrate.store=${store.device},path=${store.path}`,
    ...rebootingWords,
  ].join(' ');
}

/** What ends whatever hangs or breaks before the new system runs in a reboot. */
const rebootingWords: readonly string[] = ['rd.shell=0', 'rd.emergency=reboot', 'panic=10'];

/**
 * The command line of a repair, with the kernel of the version that `commandLine` starts: no root is mounted for it. Whoever
 * wants a shell has one where the initramfs itself fails, and a network where the initramfs has programs for one.
 */
export function recoveryCommandLine(commandLine: string, store: StoreLocation, mode: RecoveryMode): string {
  return [
    commandLine,
    ...['migrate.run', `migrate.recovery=${mode}`, `migrate.store=${store.device},path=${store.path}`],
    ...(mode === 'shell' ? networkWords(commandLine) : rebootingWords),
  ].join(' ');
}

/** The machine's own words for its network stay the only ones. */
function networkWords(commandLine: string): readonly string[] {
  return /(^|\s)"?ip=/.test(commandLine) ? [] : ['ip=dhcp'];
}

/** Whether the version's root is made by the boot. */
export function isToBeMade(state: VersionRecord['state']): boolean {
  return state === 'armed' || state === 'migrating' || state === 'waiting';
}
