import { type BootRequest, displayLocation, isWritableRoot } from '../domain/boot-request.ts';
import { bytesOfText } from '../domain/bytes.ts';
import { volumeOfMapper } from '../domain/device-mapper.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { oldDirectory } from './boot-roots.ts';
import { readCommandLine } from './read-boot-request.ts';

/** Read after what dracut's module of ZFS generates there, zfs-enhancement.conf: the last that says something counts. */
const generatorOverride = '/run/systemd/system/sysroot.mount.d/zz-migrate-fallback.conf';

/**
 * Lets this boot go on with the previous root of the request, where that has modules for the running kernel; else only a start
 * of another entry leads to it. Throws Failure or SystemCallError.
 */
export function goOnWithPrevious(system: System, request: BootRequest): 'previous-root' | 'reboot' {
  if (!hasModules(system, request)) return 'reboot';
  usePreviousRoot(system, request);
  return 'previous-root';
}

function hasModules(system: System, { old }: BootRequest): boolean {
  return withOld(system, old, { writable: false }, (files) =>
    // A kernel that was removed leaves its directory behind, but not the index of its modules.
    ['/usr/lib/modules', '/lib/modules'].some(
      (modules) => files.status(`${modules}/${system.kernelRelease}/modules.dep`) !== null,
    ),
  );
}

/** Hands on the previous root, mounted for that time. */
export function withOld<Value>(
  { mounts, openRoot }: System,
  old: BootRequest['old'],
  options: { readonly writable: boolean },
  use: (files: Files) => Value,
): Value {
  mounts.mount(old, oldDirectory, options);
  const files = openRoot(oldDirectory);
  try {
    return use(files);
  } finally {
    files.close();
    mounts.unmount(oldDirectory);
  }
}

function usePreviousRoot(system: System, { old, root }: BootRequest): void {
  const writable = isWritableRoot(readCommandLine(system));
  if (!system.exists('/run/systemd/system')) {
    // dracut takes what is mounted there for the root.
    system.mounts.mount(old, '/sysroot', { writable });
    return;
  }
  const { what, type, options } = system.mounts.sourceOf(old);
  // All that waits for the device that root= names goes on with the previous root's.
  if (old.device !== root.device) system.mounts.alias(old.device, namesOf(root));
  // The unit of a root of layers, or on ZFS, has a type of its own already.
  const settings = [`What=${what}`, `Type=${type}`, `Options=${[writable ? 'rw' : 'ro', ...options].join(',')}`];
  const unit = `# ${displayLocation(root)} was not made\n[Mount]\n${settings.join('\n')}\n`;
  system.writeFile(generatorOverride, bytesOfText(unit));
  system.commands.run('systemctl', ['daemon-reload']);
}

/** The dracut module of LVM waits for the other node of a volume. */
function namesOf({ device }: BootRequest['root']): string[] {
  const volume = volumeOfMapper(device);
  return volume === null ? [device] : [device, `/dev/${volume.group}/${volume.name}`];
}
