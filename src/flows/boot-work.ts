import { findRun } from '../apply/run-folder.ts';
import { type BootRequest, parseBootRequest } from '../domain/boot-request.ts';
import { bytesOfText, textOfBytes } from '../domain/bytes.ts';
import { type Choices, noChoices, parseChoices } from '../domain/choices.ts';
import { Failure } from '../domain/failure.ts';
import { type KernelCommandLine, parseKernelCommandLine } from '../domain/kernel-command-line.ts';
import type { Plan } from '../domain/plan.ts';
import type { NewRoot, NewRootKind } from '../storage/new-root.ts';
import type { System } from '../system/system.ts';
import { textDigest } from './plan-migration.ts';

/** Where everything lies that a boot with a migration makes: a tmpfs that the booted system keeps. */
const runDirectory = '/run/migrate';
export const oldDirectory = `${runDirectory}/old`;
export const baseDirectory = `${runDirectory}/base`;
/** The plan of this boot, for the report of a failure. */
export const plannedFile = `${runDirectory}/plan.json`;
/** Why the migration of this boot failed, in its own words. */
export const failureFile = `${runDirectory}/failure`;
const bootedFile = `${runDirectory}/booted.json`;

/** How long a device is waited for; what is slower has an unlocking step before us. */
export const deviceSeconds = 90;

/** Which version runs, for the booted system: the command line is only a request. */
export type Booted = {
  readonly schema: 'migrate.booted/1';
  readonly version: string | null;
  /** `migrated` in this boot, `committed` by an earlier one, or the previous version after a `fallback`. */
  readonly outcome: 'migrated' | 'committed' | 'fallback';
  readonly root: BootRequest['root'];
  /** Why it fell back. */
  readonly reason: string | null;
};

export function writeBooted(system: System, booted: Omit<Booted, 'schema'>): void {
  system.writeFile(bootedFile, bytesOfText(`${JSON.stringify({ schema: 'migrate.booted/1', ...booted })}\n`));
}

/** The kernel command line of this boot. */
export function readCommandLine(system: System): KernelCommandLine {
  const text = system.readFile('/proc/cmdline');
  return parseKernelCommandLine(textOfBytes(text) ?? text);
}

/** The request of this boot. Throws Failure `boot-request`. */
export function readBootRequest(system: System): BootRequest {
  return parseBootRequest(readCommandLine(system));
}

/** The new root of the request, on the kind of storage that serves it. */
export function prepareNewRoot(system: System, kinds: readonly NewRootKind[], request: BootRequest): NewRoot {
  const kind = kinds.find((candidate) => candidate.serves(request));
  if (kind !== undefined) return kind.prepare(request, runDirectory, system);
  throw new Failure({
    code: 'no-storage',
    kind: 'failed',
    message: 'Cannot make a new root: no kind of storage serves the request',
  });
}

/** Waits for the devices of old and base and mounts both read-only. */
export function mountOldAndBase(system: System, { old, base }: BootRequest): void {
  for (const { device } of [old, base]) system.mounts.waitForAny([device], deviceSeconds);
  unmountOldAndBase(system);
  system.mounts.mount(old, oldDirectory, { writable: false });
  system.mounts.mount(base, baseDirectory, { writable: false });
}

export function unmountOldAndBase({ mounts }: System): void {
  mounts.unmount(oldDirectory);
  mounts.unmount(baseDirectory);
}

/** The answers that the old system keeps for the migration. */
export function readChoices({ openRoot }: System): Choices {
  const file = '/var/lib/migrate/choices.json';
  const old = openRoot(oldDirectory);
  try {
    if (old.status(file) === null) return noChoices;
    const text = old.read(file);
    return parseChoices(textOfBytes(text) ?? text, file);
  } finally {
    old.close();
  }
}

/** Keeps why the migration failed, for the process that falls back. */
export function recordBootFailure(system: System, error: unknown): void {
  const advice = error instanceof Failure && error.advice !== null ? `. ${error.advice}` : '';
  const message = error instanceof Error ? error.message : String(error);
  system.writeFile(failureFile, bytesOfText(`${message}${advice}`));
}

/** Whether this is an initramfs (systemd's and dracut's own mark). */
export function isInitramfs({ exists }: System): boolean {
  return exists('/etc/initrd-release');
}

/** The plan by which the running system was made, or null where none is kept. */
export function storedPlan(system: System): Plan | null {
  const root = system.openRoot('/');
  try {
    const found = findRun(root, textDigest(system));
    return found.state === 'committed' ? found.plan : null;
  } finally {
    root.close();
  }
}
