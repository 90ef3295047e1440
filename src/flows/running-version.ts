import { partOption } from '../domain/boot-request.ts';
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
  const mounted =
    running === null ? versionAround(system, records) : records.find(({ branch }) => branch === running.branch);
  return mounted ?? runningVersion(readBooted(system), records);
}

/** A root in whose top the store lies is the one that was there before: it starts from its whole filesystem as it did. */
function versionAround(system: System, records: readonly VersionRecord[]): VersionRecord | undefined {
  if (!system.exists(`${storeInRoot}${storePaths.identity}`)) return undefined;
  const whole = records.filter(({ boot }) => boot !== null && partOption(boot.root).length === 0);
  return whole.length === 1 ? whole[0] : undefined;
}
