import { partOption } from '../domain/boot-request.ts';
import { textOrBytes } from '../domain/bytes.ts';
import { volumeOfMapper } from '../domain/device-mapper.ts';
import { type MountedFilesystem, mountsOf } from '../domain/mountinfo.ts';
import { layersOfRoot, storeInRoot, storeOfRoot } from '../domain/store-of-root.ts';
import type { VersionRecord } from '../domain/version.ts';
import { datasetOfDevice, deviceOfDataset } from '../domain/zfs-dataset.ts';
import { storePaths } from '../store/store-files.ts';
import type { System } from '../system/system.ts';
import { readBooted, runningVersion } from './read-booted.ts';

/**
 * The version that runs: the one whose branch is mounted at `/`, which only the kernel can say; else the one that the
 * initramfs wrote of this boot. Null where the machine runs none of these. Throws Failure `booted`.
 */
export function runningVersionOf(system: System, records: readonly VersionRecord[]): VersionRecord | null {
  const mounts = mountsOf(system.readFile('/proc/self/mountinfo'));
  const running = storeOfRoot(mounts) ?? layersOfRoot(mounts);
  if (running !== null) return records.find(({ branch }) => branch === running.branch) ?? byBoot(system, records);
  const device = deviceOf(mounts.findLast(({ directory }) => directory === '/'));
  // Each version has a volume of its own then, whose name the kernel tells.
  if (isVolume(device) && records.some(({ boot }) => isOnVolume(boot))) {
    return records.find(({ boot }) => isOnVolume(boot) && boot?.root.device === device) ?? null;
  }
  return versionAround(system, records) ?? byBoot(system, records);
}

/** As boot entries name it. */
function deviceOf(root: MountedFilesystem | undefined): string {
  if (root === undefined) return '';
  const name = textOrBytes(root.source);
  return root.filesystem === 'zfs' ? deviceOfDataset(name) : name;
}

function isVolume(device: string): boolean {
  return volumeOfMapper(device) !== null || datasetOfDevice(device) !== null;
}

function byBoot(system: System, records: readonly VersionRecord[]): VersionRecord | null {
  return runningVersion(readBooted(system), records);
}

function isOnVolume(boot: VersionRecord['boot']): boolean {
  return boot !== null && isVolume(boot.root.device) && partOption(boot.root).length === 0;
}

/** A root in whose top the store lies is the one that was there before: it starts from its whole filesystem as it did. */
function versionAround(system: System, records: readonly VersionRecord[]): VersionRecord | undefined {
  if (!system.exists(`${storeInRoot}${storePaths.identity}`)) return undefined;
  const whole = records.filter(({ boot }) => boot !== null && partOption(boot.root).length === 0);
  return whole.length === 1 ? whole[0] : undefined;
}
