import { mountsOf } from '../domain/mountinfo.ts';
import { storeOfRoot } from '../domain/store-of-root.ts';
import type { VersionRecord } from '../domain/version.ts';
import type { System } from '../system/system.ts';
import { readBooted, runningVersion } from './read-booted.ts';

/**
 * The version that runs: the one whose branch is mounted at `/`, which only the kernel can say; else the one that the
 * initramfs wrote of this boot. Null where the machine runs none of these. Throws Failure `booted`.
 */
export function runningVersionOf(system: System, records: readonly VersionRecord[]): VersionRecord | null {
  const store = storeOfRoot(mountsOf(system.readFile('/proc/self/mountinfo')));
  const mounted = store === null ? undefined : records.find(({ branch }) => branch === store.branch);
  return mounted ?? runningVersion(readBooted(system), records);
}
