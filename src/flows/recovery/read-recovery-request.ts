import { isRecovery, parseRecoveryRequest, type RecoveryRequest } from '../../domain/recovery-request.ts';
import type { System } from '../../system/system.ts';
import { readCommandLine } from '../read-boot-request.ts';

/** Whether the kernel command line of this boot asks for a repair. */
export function asksForRecovery(system: System): boolean {
  return isRecovery(readCommandLine(system));
}

/** The repair that it asks for. Throws Failure `boot-request`. */
export function readRecoveryRequest(system: System): RecoveryRequest {
  return parseRecoveryRequest(readCommandLine(system));
}
