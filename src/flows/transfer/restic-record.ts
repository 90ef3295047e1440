import { Failure } from '../../domain/failure.ts';
import type { System } from '../../system/system.ts';
import type { LockedWork } from '../lock-in-store.ts';

/** What lies beside a tree in a snapshot, and says which tag it is: an `Offer`. */
export const recordSchema = 'migrate.sent/1';
export const recordEnding = '.json';

/** Only one run of restic goes on for a store. */
export const resticLock: LockedWork = {
  ...{ file: '/restic.lock', code: 'restic-running' },
  message: 'Cannot use restic: another run of it on this store goes on',
};

/** Throws Failure `no-restic` where there is no such program. */
export function requireRestic({ commands }: System): void {
  if (commands.has('restic')) return;
  throw new Failure({
    code: 'no-restic',
    kind: 'failed',
    message: 'Cannot use a repository of restic: there is no program "restic"',
    advice: 'Install the package restic',
  });
}
