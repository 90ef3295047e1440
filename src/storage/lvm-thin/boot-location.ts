import type { StoreLocation } from '../../domain/boot-request.ts';
import { textOrBytes } from '../../domain/bytes.ts';
import { mapperPath, volumeOfMapper } from '../../domain/device-mapper.ts';
import { mountOf, locationOf as storeLocation } from '../../files/location.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { BootLocation } from '../backend.ts';

/**
 * Where an initramfs finds the store and a volume, by names: all volumes that were made of one share the UUID of its
 * filesystem. dracut activates what rd.lvm.lv= names; a unit activates by `mount.migrate-lv`. No loader of kernels reads
 * a thin volume, so that a file of it is named together with its device.
 */
export function locationOf(system: System, files: Files, volume: { group: string; name: string }): BootLocation {
  const { group, name } = volume;
  const device = mapperPath(volume);
  return {
    store: locationOfStore(system, files),
    root: { device, subvolume: null },
    words: [`rd.lvm.lv=${group}/${name}`],
    source: { what: `${group}/${name}`, type: 'migrate-lv', options: [] },
    pathOf: (path) => `${device}:${textOrBytes(path)}`,
  };
}

/** A store on a volume too is found by its name: that says what is to be activated. */
function locationOfStore(system: System, files: Files): StoreLocation {
  const location = storeLocation(system, files);
  const source = textOrBytes(mountOf(system, files).source);
  return volumeOfMapper(source) === null ? location : { ...location, device: source };
}
