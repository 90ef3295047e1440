import { bytesOfText } from '../../domain/bytes.ts';
import type { Place } from '../../domain/volume.ts';
import type { System } from '../../system/system.ts';
import { activate, whileLocked } from './activation.ts';
import type { PoolOfStore } from './thin-pool.ts';

/**
 * Mounts a volume at a directory, which is made where it is missing. The filesystem of a branch is always mounted
 * writable, and only the mount read-only: the kernel has one state for all mounts of a filesystem, and another may want
 * to write. That of a tag lies on a device that cannot be written to.
 */
export function mountVolume(
  system: System,
  of: PoolOfStore,
  volume: { readonly name: string; readonly kind: Place['kind'] },
  at: { readonly directory: string; readonly writable: boolean },
): void {
  const { mounts } = system;
  const mount = (directory: string): void =>
    whileLocked(system, () => {
      const device = activate(system, of, volume.name);
      mounts.mount({ device, subvolume: null }, directory, { writable: volume.kind === 'branch' });
    });
  if (volume.kind === 'tag' || at.writable) mount(at.directory);
  else {
    mounts.withMounted(mount, { writable: false }, (hidden) => {
      mounts.bind(bytesOfText(hidden), at.directory, { writable: false });
    });
  }
}
