import { mountOf } from '../../files/location.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';

/** Why systemd-boot could not rename its entries here; null where it can. Firmware knows FAT and nothing else. */
export function whyNotWritable(system: System, files: Files): string | null {
  const { filesystem, writable, writableHere } = mountOf(system, files);
  if (filesystem !== 'vfat') return `its filesystem is ${filesystem}, and firmware writes to FAT only`;
  return writable && writableHere ? null : 'it is mounted read-only';
}
