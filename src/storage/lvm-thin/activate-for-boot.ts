import type { BootRequest } from '../../domain/boot-request.ts';
import { type LogicalVolume, volumeOfMapper } from '../../domain/device-mapper.ts';
import { Failure } from '../../domain/failure.ts';
import type { System } from '../../system/system.ts';
import { activate } from './activation.ts';
import { findVolume } from './volume-by-name.ts';

/** How long the disks of a volume group are waited for; what is slower has an unlocking step before us. */
const seconds = 90;

/**
 * Activates the volumes that a boot's request names: its initramfs activates none but the root's, if that is there. The
 * store's and the old root's first: with them a failure can be told, and fallen back from. What is named otherwise, or is there
 * already, is left alone. Throws Failure `device-missing`, or `command` with LVM's own words.
 */
export function activateForBoot(system: System, { old, base, new: image, store, root }: BootRequest): void {
  const devices = [store, old, image, base].flatMap((one) => one?.device ?? []);
  for (const device of new Set(devices)) {
    const volume = volumeOfMapper(device);
    if (volume !== null) activateWhenThere(system, volume, device);
  }
  const made = volumeOfMapper(root.device);
  if (made !== null && findVolume(system.commands, made) !== null) activate(system, made, made.name);
}

/** Not all disks of a group come at once: what LVM refuses now it may do in a second. The node may be none of LVM's. */
function activateWhenThere(system: System, volume: LogicalVolume, device: string): void {
  const { mounts } = system;
  for (let waited = 0; mounts.find(device) === null; waited += 1) {
    const refused = refusedBy(system, volume);
    if (refused === null) return;
    if (waited >= seconds && refused !== 'not-there') throw refused;
    try {
      mounts.waitForAny([device], 1);
    } catch (error) {
      if (!(error instanceof Failure) || (waited >= seconds && refused === 'not-there')) throw error;
    }
  }
}

/** Null where the volume is active now. */
function refusedBy(system: System, volume: LogicalVolume): Failure | 'not-there' | null {
  if (findVolume(system.commands, volume) === null) return 'not-there';
  try {
    activate(system, volume, volume.name);
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
