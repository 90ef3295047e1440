import { textOrBytes } from '../domain/bytes.ts';
import { parseKernelCommandLine } from '../domain/kernel-command-line.ts';
import type { System } from '../system/system.ts';

/** Why the loader started what runs, as it says on the kernel command line; null where it says nothing. */
export function startReason(system: System): string | null {
  return parseKernelCommandLine(textOrBytes(system.readFile('/proc/cmdline'))).value('migrate.why');
}

/** Why this start is none of a version on trial by its kernel command line; null where it is one. */
export function whyNoTry(system: System): string | null {
  return startReason(system) === 'try' ? null : 'migrate.why=try is not on the kernel command line';
}
