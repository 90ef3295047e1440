import { textOrBytes } from '../domain/bytes.ts';
import type { StorageKinds } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import { failureFile } from './boot-records.ts';
import { type FallBack, fallBack } from './fall-back.ts';
import { readBootRequest } from './read-boot-request.ts';
import { recordInStore } from './store-of-boot.ts';

/** Without any progress for this long, a migration is given up. */
const silentSeconds = 120;

/** How a boot with a migration goes on. */
export type BootEnd = { readonly next: FallBack; readonly reason: string };

/** Runs the migration in a process of its own, so that a crash, a kill or a hang of it is a failure like any other. */
export async function superviseBoot(
  system: System,
  { newRoots, storeKinds }: Pick<StorageKinds, 'newRoots' | 'storeKinds'>,
  workerOptions: readonly string[],
): Promise<BootEnd> {
  const { ok, reason } = await system.superviseSelf(['boot', '--worker', ...workerOptions], silentSeconds);
  if (ok) return { next: 'new-root', reason: '' };
  const why = system.exists(failureFile) ? textOrBytes(system.readFile(failureFile)) : reason;
  const next = await fallBack(system, newRoots, why);
  if (next === 'new-root') return { next, reason: why };
  const problem = await recordInStore(system, storeKinds, readBootRequest(system), { kind: 'failed', reason: why });
  return { next, reason: problem === null ? why : `${why} (${problem})` };
}
