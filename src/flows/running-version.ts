import { partOption } from '../domain/boot-request.ts';
import { volumeOfMapper } from '../domain/device-mapper.ts';
import { mountsOf } from '../domain/mountinfo.ts';
import { layersOfRoot, storeOfRoot } from '../domain/store-of-root.ts';
import type { VersionRecord } from '../domain/version.ts';
import { storePaths } from '../store/store-files.ts';
import type { System } from '../system/system.ts';
import { storeInRoot } from './reach-store.ts';
import { readBooted, runningVersion } from './read-booted.ts';

/**
 * The version that runs: the one whose branch is mounted at `/`, which only the kernel can say; else the one that the
 * initramfs wrote of this boot. Null where the machine runs none of these. Throws Failure `booted`.
 */
export function runningVersionOf(system: System, records: readonly VersionRecord[]): VersionRecord | null {
  const mounts = mountsOf(system.readFile('/proc/self/mountinfo'));
  const running = storeOfRoot(mounts) ?? layersOfRoot(mounts);
  if (running !== null) return records.find(({ branch }) => branch === running.branch) ?? byBoot(system, records);
  const device = mounts.findLast(({ directory }) => directory === '/')?.source ?? '';
  // Each version has a volume of its own then, whose name the kernel tells.
  if (volumeOfMapper(device) !== null && records.some(({ boot }) => isOnVolume(boot))) {
    return records.find(({ boot }) => isOnVolume(boot) && boot?.root.device === device) ?? null;
  }
  return versionAround(system, records) ?? byBoot(system, records);
}

function byBoot(system: System, records: readonly VersionRecord[]): VersionRecord | null {
  return runningVersion(readBooted(system), records);
}

function isOnVolume(boot: VersionRecord['boot']): boolean {
  return boot !== null && volumeOfMapper(boot.root.device) !== null && partOption(boot.root).length === 0;
}

/** A root in whose top the store lies is the one that was there before: it starts from its whole filesystem as it did. */
function versionAround(system: System, records: readonly VersionRecord[]): VersionRecord | undefined {
  if (!system.exists(`${storeInRoot}${storePaths.identity}`)) return undefined;
  const whole = records.filter(({ boot }) => boot !== null && partOption(boot.root).length === 0);
  return whole.length === 1 ? whole[0] : undefined;
}
