import type { BootRequest } from '../../domain/boot-request.ts';
import { type LogicalVolume, volumeOfMapper } from '../../domain/device-mapper.ts';
import { Failure } from '../../domain/failure.ts';
import type { System } from '../../system/system.ts';
import { activate } from './activation.ts';
import { findVolume } from './volume-by-name.ts';

/** How long the disks of a volume group are waited for; what is slower has an unlocking step before us. */
const seconds = 90;

/**
 * Activates the volumes that a boot's request names: its initramfs activates none but the root's, if that is there. What
 * is named otherwise, or is there already, is left alone. Throws Failure `device-missing`.
 */
export function activateForBoot(system: System, { old, base, new: image, store, root }: BootRequest): void {
  const devices = [image, old, base, store].flatMap((one) => one?.device ?? []);
  for (const device of new Set(devices)) {
    const volume = volumeOfMapper(device);
    if (volume === null || system.mounts.find(device) !== null) continue;
    waitFor(system, volume, device);
    activate(system, volume, volume.name);
  }
  const made = volumeOfMapper(root.device);
  if (made !== null && findVolume(system.commands, made) !== null) activate(system, made, made.name);
}

function waitFor({ commands, mounts }: System, volume: LogicalVolume, device: string): void {
  for (let waited = 0; findVolume(commands, volume) === null; waited += 1) {
    try {
      mounts.waitForAny([device], 1);
      return;
    } catch (error) {
      if (!(error instanceof Failure) || waited >= seconds) throw error;
    }
  }
}
