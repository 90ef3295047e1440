import { Failure } from '../../domain/failure.ts';
import { mountsOf } from '../../domain/mountinfo.ts';
import type { System } from '../../system/system.ts';
import { whyNoTry } from '../start-reason.ts';

const variables = '/sys/firmware/efi/efivars';

/** Where a variable of systemd's vendor is (systemd-boot(7), "EFI Variables"). */
export function variablePath(name: string): string {
  return `${variables}/${name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`;
}

/** The entry whose counter systemd-boot has lowered for this start. It is lost with the power, so it is of no older start. */
const countedEntry = variablePath('LoaderBootCountPath');

/** Whether systemd-boot says that it has counted this start. */
export function saysCounted(system: System): boolean {
  return system.exists(countedEntry);
}

/**
 * Why this start was not counted; null where it was. The entry itself says `migrate.why=try`, and systemd-boot goes on where it
 * cannot rename one: only the variable tells. Mounts efivarfs, where the initramfs has not.
 */
export function whyNotCounted(system: System): string | null {
  const why = whyNoTry(system);
  if (why !== null) return why;
  const notMounted = mountVariables(system);
  if (notMounted !== null) return notMounted;
  return saysCounted(system) ? null : 'the EFI variable LoaderBootCountPath names no entry';
}

/** Mounts efivarfs where it is not, as systemd does: the booted system keeps the mount. Gives why it could not be. */
export function mountVariables(system: System): string | null {
  const mounts = mountsOf(system.readFile('/proc/self/mountinfo'));
  if (mounts.some(({ filesystem }) => filesystem === 'efivarfs') || !system.exists(variables)) return null;
  try {
    system.commands.run('mount', ['-t', 'efivarfs', '-o', 'nosuid,nodev,noexec', 'efivarfs', variables]);
    return null;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}
