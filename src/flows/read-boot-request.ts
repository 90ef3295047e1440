import { type BootRequest, parseBootRequest } from '../domain/boot-request.ts';
import { textOrBytes } from '../domain/bytes.ts';
import { type KernelCommandLine, parseKernelCommandLine } from '../domain/kernel-command-line.ts';
import type { System } from '../system/system.ts';

/** The kernel command line of this boot. */
export function readCommandLine(system: System): KernelCommandLine {
  return parseKernelCommandLine(textOrBytes(system.readFile('/proc/cmdline')));
}

/** The request of this boot. Throws Failure `boot-request`. */
export function readBootRequest(system: System): BootRequest {
  return parseBootRequest(readCommandLine(system));
}
