import { textOrBytes } from '../domain/bytes.ts';
import type { NewRootKind } from '../storage/new-root.ts';
import type { System } from '../system/system.ts';
import { failureFile } from './boot-records.ts';
import { type FallBack, fallBack } from './fall-back.ts';

/** Without any progress for this long, a migration is given up. */
const silentSeconds = 120;

/** How a boot with a migration goes on. */
export type BootEnd = { readonly next: FallBack; readonly reason: string };

/** Runs the migration in a process of its own, so that a crash, a kill or a hang of it is a failure like any other. */
export async function superviseBoot(
  system: System,
  kinds: readonly NewRootKind[],
  workerOptions: readonly string[],
): Promise<BootEnd> {
  const { ok, reason } = await system.superviseSelf(['boot', '--worker', ...workerOptions], silentSeconds);
  if (ok) return { next: 'new-root', reason: '' };
  const why = system.exists(failureFile) ? textOrBytes(system.readFile(failureFile)) : reason;
  return { next: fallBack(system, kinds, why), reason: why };
}
