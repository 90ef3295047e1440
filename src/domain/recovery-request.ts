import { parseStoreLocation, type StoreLocation } from './boot-request.ts';
import { Failure } from './failure.ts';
import type { KernelCommandLine } from './kernel-command-line.ts';
import { type ResetMode, resetModes } from './reset.ts';

/** What a person may choose in the Recovery menu of a loader: a reset, or a shell. */
export type RecoveryMode = ResetMode | 'shell';

export const recoveryModes: readonly RecoveryMode[] = [...resetModes, 'shell'];

/** What the kernel command line asks of a boot for a repair. */
export type RecoveryRequest = { readonly mode: RecoveryMode; readonly store: StoreLocation };

/** Whether this boot is for a repair, whatever the words say besides. */
export function isRecovery(line: KernelCommandLine): boolean {
  return line.has('migrate.recovery');
}

/** Reads the request from the command line. Throws Failure `boot-request` for what is missing or malformed. */
export function parseRecoveryRequest(line: KernelCommandLine): RecoveryRequest {
  const word = line.value('migrate.recovery');
  const mode = recoveryModes.find((one) => one === word);
  if (mode === undefined) throw bad(`migrate.recovery=${word ?? ''} is none of ${recoveryModes.join(', ')}`);
  const store = parseStoreLocation(line);
  if (store === null) throw bad('migrate.store= is missing, or has no path=DIRECTORY');
  return { mode, store };
}

function bad(what: string): Failure {
  return new Failure({
    code: 'boot-request',
    kind: 'input',
    message: `Cannot tell what to repair: ${what}`,
    advice: 'Start it from the Recovery menu that migrate has written: it says migrate.recovery=MODE migrate.store=…',
  });
}
