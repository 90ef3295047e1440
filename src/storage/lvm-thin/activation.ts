import { mapperName } from '../../domain/device-mapper.ts';
import { Failure } from '../../domain/failure.ts';
import type { System } from '../../system/system.ts';
import type { PoolOfStore, ThinVolume } from './thin-pool.ts';

type Group = Pick<PoolOfStore, 'group'>;

/** In /run, which is writable where the store may not be. */
const lockPath = '/migrate-lvm-thin.lock';
const lockSeconds = 60;

/**
 * Volumes are active only while they are used: a copy of a filesystem has the same UUID, and whoever mounts by that must
 * not find two. One process at a time makes them so, lest one takes away what another is about to mount.
 */
export function whileLocked<Result>({ openRoot }: System, use: () => Result): Result {
  const files = openRoot('/run');
  try {
    const release = files.lock(lockPath, lockSeconds);
    if (release === null) throw lockedTooLong();
    try {
      return use();
    } finally {
      release();
    }
  } finally {
    files.close();
  }
}

/** For lvcreate(8) and lvchange(8), as no volume of ours is active by itself. */
export const activating: readonly string[] = ['--activate', 'y', '--ignoreactivationskip'];

/** Makes the device of a volume, and gives its path. */
export function activate({ commands }: Pick<System, 'commands'>, of: Group, name: string): string {
  commands.run('lvchange', [...activating, `${of.group}/${name}`]);
  return devicePath(of, name);
}

/** Takes the device away again, unless something has it open still: it is mounted elsewhere too. */
export function deactivate(system: System, of: PoolOfStore, name: string): void {
  whileLocked(system, () => {
    if (isActive(system, of, name) && !isOpen(system, of, name)) takeAway(system, of, name);
  });
}

/** Takes away the devices that nothing has open, of these volumes of the store; killed processes leave some. */
export function deactivateUnused(system: System, of: PoolOfStore, volumes: readonly ThinVolume[]): void {
  for (const { name, device, isOpen, neededBy } of volumes) {
    // The devices of those that need it would go with it.
    if (device !== null && !isOpen && neededBy === null) deactivate(system, of, name);
  }
}

/** Whether the device is there: its path is a link, which outlives a device that something else has taken away. */
function isActive({ linkTarget, exists }: System, { group }: Group, name: string): boolean {
  const target = linkTarget(devicePath({ group }, name));
  return target !== null && exists(target.startsWith('/') ? target : `/dev/${group}/${target}`);
}

/** Takes the device away. Throws Failure `command` where anything has it open. */
export function takeAway({ commands }: Pick<System, 'commands'>, { group }: Group, name: string): void {
  commands.run('lvchange', ['--activate', 'n', `${group}/${name}`]);
}

function isOpen({ commands }: System, { group }: PoolOfStore, name: string): boolean {
  const columns = ['--columns', '--noheadings', '--options', 'open'];
  return commands.run('dmsetup', ['info', ...columns, mapperName({ group, name })]).stdout.trim() !== '0';
}

/** Where the device of an active volume is. */
export function devicePath({ group }: Group, name: string): string {
  return `/dev/${group}/${name}`;
}

function lockedTooLong(): Failure {
  return new Failure({
    code: 'store-locked',
    kind: 'failed',
    message: `Cannot use the volumes of the store: another migrate has been making them ready for ${lockSeconds} s`,
    advice: 'Wait for it to end, and run this again',
  });
}
