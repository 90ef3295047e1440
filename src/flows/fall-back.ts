import { type BootRequest, displayLocation, isWritableRoot } from '../domain/boot-request.ts';
import { bytesOfText } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { NewRootKind } from '../storage/new-root.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import {
  oldDirectory,
  plannedFile,
  prepareNewRoot,
  readBootRequest,
  readCommandLine,
  unmountOldAndBase,
  writeBooted,
} from './boot-work.ts';
import { leaveReport } from './leave-report.ts';

/** Where the machine goes after a migration that failed. */
export type FallBack = 'previous-root' | 'reboot';

const generatorOverride = '/run/systemd/system/sysroot.mount.d/50-migrate-fallback.conf';

/**
 * Throws the unfinished version away, leaves a report where the old system finds it, and lets this boot go on with the
 * previous root where that has modules for the running kernel; else the caller reboots into the previous entry. (A new
 * kernel on an old root without its modules boots, and silently lacks drivers.)
 */
export function fallBack(system: System, kinds: readonly NewRootKind[], reason: string): FallBack {
  const request = readBootRequest(system);
  unmountOldAndBase(system);
  prepareNewRoot(system, kinds, request).discard();
  const told = report(system, request, reason);
  if (!hasModules(system, request)) return 'reboot';
  usePreviousRoot(system, request);
  writeBooted(system, { version: null, outcome: 'fallback', root: request.old, reason: told });
  return 'previous-root';
}

/** The only write to the old root. A report that cannot be written is no reason to have no system: returns why. */
function report(system: System, { old, version }: BootRequest, reason: string): string {
  const plan = system.exists(plannedFile) ? system.readFile(plannedFile) : null;
  try {
    withOld(system, old, { writable: true }, (files) => leaveReport(files, { version, reason, plan }));
    return reason;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${reason} (${error.message})`;
  }
}

function hasModules(system: System, { old }: BootRequest): boolean {
  return withOld(system, old, { writable: false }, (files) =>
    ['/usr/lib/modules', '/lib/modules'].some((modules) => files.status(`${modules}/${system.kernelRelease}`) !== null),
  );
}

function withOld<Value>(
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

function usePreviousRoot(system: System, request: BootRequest): void {
  const { old, root } = request;
  if (old.device !== root.device) {
    // All that waits for the device that root= names goes on with the previous root's.
    system.mounts.alias(old.device, root.device);
    return;
  }
  const writable = isWritableRoot(readCommandLine(system));
  if (system.exists('/run/systemd/system')) mountBySystemd(system, request, writable);
  else system.mounts.mount(old, '/sysroot', { writable });
}

/** Has systemd mount the previous root's subvolume where it would have mounted the new one's. */
function mountBySystemd(system: System, { old, root }: BootRequest, writable: boolean): void {
  const options = [writable ? 'rw' : 'ro', ...(old.subvolume === null ? [] : [`subvol=/${old.subvolume}`])];
  const unit = `# ${displayLocation(root)} was not made\n[Mount]\nOptions=${options.join(',')}\n`;
  system.writeFile(generatorOverride, bytesOfText(unit));
  system.commands.run('systemctl', ['daemon-reload']);
}
