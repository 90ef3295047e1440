import { type BootRequest, displayLocation, isWritableRoot } from '../domain/boot-request.ts';
import { bytesOfText } from '../domain/bytes.ts';
import { volumeOfMapper } from '../domain/device-mapper.ts';
import { Failure, SystemCallError } from '../domain/failure.ts';
import type { NewRoot, NewRootKind } from '../storage/new-root.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { plannedFile, writeBooted } from './boot-records.ts';
import { oldDirectory, prepareNewRoot, unmountOldAndBase, wasMadeFor } from './boot-roots.ts';
import { leaveReport } from './leave-report.ts';
import { readBootRequest, readCommandLine } from './read-boot-request.ts';
import { destroysInStore } from './store-of-boot.ts';

/**
 * Where the machine goes after a migration that failed: `new-root` where it failed after the commit (case 111), `start-anew`
 * where it cannot be told whether it did, and so the version has not failed either.
 */
export type FallBack = 'new-root' | 'previous-root' | 'reboot' | 'start-anew';

/** Read after what dracut's module of ZFS generates there, zfs-enhancement.conf: the last that says something counts. */
const generatorOverride = '/run/systemd/system/sysroot.mount.d/zz-migrate-fallback.conf';

/** How a boot goes on whose migration failed. */
export type FellBack = {
  readonly next: FallBack;
  /** Why the migration failed, and which parts of falling back did. */
  readonly reason: string;
};

/**
 * Throws the unfinished version away, leaves a report where the old system finds it, and lets this boot go on with the
 * previous root where that has modules for the running kernel; else the caller reboots into the previous entry. (A new
 * kernel on an old root without its modules boots, and silently lacks drivers.) A part that fails is told, and the rest done;
 * but nothing is done where it cannot be told whether the version is committed: its data may be in use, or the previous root
 * be on its way to be destroyed.
 */
export async function fallBack(
  system: System,
  kinds: readonly NewRootKind[],
  why: string,
  storeKinds: readonly StoreKind[] = [],
): Promise<FellBack> {
  const request = readBootRequest(system);
  const problems: string[] = [];
  const reason = (): string => [why, ...problems.map((problem) => `(${problem})`)].join(' ');
  await noting(problems, () => unmountOldAndBase(system));
  const made = await noting(problems, () => lookAtNewRoot(system, { kinds, storeKinds }, request, problems));
  if (made === null) return { next: 'start-anew', reason: reason() };
  if (made.isCommitted) {
    writeBooted(system, { version: request.version, outcome: 'committed', root: request.root, reason: why });
    return { next: 'new-root', reason: why };
  }
  // What cannot be discarded is not found by `root=` either, and no reason to have no system.
  await noting(problems, () => made.newRoot?.discard());
  await noting(problems, () => report(system, request, reason()));
  const next = (await noting(problems, () => goOnWithPrevious(system, request))) ?? 'reboot';
  if (next === 'previous-root')
    writeBooted(system, { version: null, outcome: 'fallback', root: request.old, reason: reason() });
  return { next, reason: reason() };
}

/** The value of a part of falling back; null where it failed, which is noted. */
async function noting<Value>(problems: string[], act: () => Value | Promise<Value>): Promise<Value | null> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    problems.push(error.message);
    return null;
  }
}

/** What says for certain that the version of the request is not committed: its root is none that could be made, or still has its own label. */
const notMade: ReadonlySet<string> = new Set(['no-storage', 'unguarded-root', 'label-taken']);

type Looked = { readonly newRoot: NewRoot | null; readonly isCommitted: boolean };

/** Without a root where none was made for certain, the why of which is noted. Throws Failure or SystemCallError where that cannot be told. */
async function lookAtNewRoot(
  system: System,
  { kinds, storeKinds }: { readonly kinds: readonly NewRootKind[]; readonly storeKinds: readonly StoreKind[] },
  request: BootRequest,
  problems: string[],
): Promise<Looked> {
  try {
    const newRoot = await prepareNewRoot(system, kinds, request);
    return { newRoot, isCommitted: newRoot.isCommitted() && wasMadeFor(system, newRoot, request) };
  } catch (error) {
    // A request that was changed by hand may be of a version whose reset is destroying the previous root.
    const isCertain = error instanceof Failure && notMade.has(error.code);
    if (!isCertain || (await destroysInStore(system, storeKinds, request))) throw error;
    problems.push(error.message);
    return { newRoot: null, isCommitted: false };
  }
}

/** The only write to the old root. */
function report(system: System, { old, version }: BootRequest, reason: string): void {
  const plan = system.exists(plannedFile) ? system.readFile(plannedFile) : null;
  withOld(system, old, { writable: true }, (files) => leaveReport(files, { version, reason, plan }));
}

function goOnWithPrevious(system: System, request: BootRequest): FallBack {
  if (!hasModules(system, request)) return 'reboot';
  usePreviousRoot(system, request);
  return 'previous-root';
}

function hasModules(system: System, { old }: BootRequest): boolean {
  return withOld(system, old, { writable: false }, (files) =>
    // A kernel that was removed leaves its directory behind, but not the index of its modules.
    ['/usr/lib/modules', '/lib/modules'].some(
      (modules) => files.status(`${modules}/${system.kernelRelease}/modules.dep`) !== null,
    ),
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

function usePreviousRoot(system: System, { old, root }: BootRequest): void {
  const writable = isWritableRoot(readCommandLine(system));
  if (!system.exists('/run/systemd/system')) {
    // dracut takes what is mounted there for the root.
    system.mounts.mount(old, '/sysroot', { writable });
    return;
  }
  const { what, type, options } = system.mounts.sourceOf(old);
  // All that waits for the device that root= names goes on with the previous root's.
  if (old.device !== root.device) system.mounts.alias(old.device, namesOf(root));
  // The unit of a root of layers, or on ZFS, has a type of its own already.
  const settings = [`What=${what}`, `Type=${type}`, `Options=${[writable ? 'rw' : 'ro', ...options].join(',')}`];
  const unit = `# ${displayLocation(root)} was not made\n[Mount]\n${settings.join('\n')}\n`;
  system.writeFile(generatorOverride, bytesOfText(unit));
  system.commands.run('systemctl', ['daemon-reload']);
}

/** The dracut module of LVM waits for the other node of a volume. */
function namesOf({ device }: BootRequest['root']): string[] {
  const volume = volumeOfMapper(device);
  return volume === null ? [device] : [device, `/dev/${volume.group}/${volume.name}`];
}
