import type { LoaderChoice } from '../boot/loader-choice.ts';
import { bytesOfText, textOrBytes } from '../domain/bytes.ts';
import type { StorageKinds } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import { failureFile, fellBackFile } from './boot-records.ts';
import { type FellBack, fallBack } from './fall-back.ts';
import { readBootRequest } from './read-boot-request.ts';
import { recordInStore, startGoodNextOfStore } from './store-of-boot.ts';

/** Without any progress for this long, a migration is given up, and so is falling back. */
const silentSeconds = 120;

/**
 * Runs the migration in a process of its own, so that a crash, a kill or a hang of it is a failure like any other; and what
 * follows on a failure in another: a disk that does not answer holds up whoever asks it, and only a start anew helps then.
 */
export async function superviseBoot(system: System, workerOptions: readonly string[]): Promise<FellBack> {
  const { ok, reason } = await system.superviseSelf(['boot', '--worker', ...workerOptions], silentSeconds);
  if (ok) return { next: 'new-root', reason: '' };
  const why = system.exists(failureFile) ? textOrBytes(system.readFile(failureFile)) : reason;
  system.writeFile(failureFile, bytesOfText(why));
  const falling = await system.superviseSelf(['boot', '--fall-back'], silentSeconds);
  if (falling.ok) return readEnd(system);
  return { next: 'reboot', reason: `${why} (falling back: ${falling.reason})` };
}

type KindsToFallBack = Pick<StorageKinds, 'newRoots' | 'storeKinds'> & {
  readonly loaderKinds: readonly LoaderChoice[];
};

/** What the second process does: falls back from what the first has left, and has the store know why a version failed. */
export async function fallBackFromWorker(
  system: System,
  { newRoots, storeKinds, loaderKinds }: KindsToFallBack,
): Promise<void> {
  const { next, reason } = await fallBack(system, newRoots, textOrBytes(system.readFile(failureFile)), storeKinds);
  const step = { kind: 'failed', reason } as const;
  const hasFailed = next === 'previous-root' || next === 'reboot';
  const request = readBootRequest(system);
  const problems = [
    hasFailed ? await recordInStore(system, storeKinds, request, step) : null,
    next === 'reboot' || next === 'start-good'
      ? await startGoodNextOfStore(system, { storeKinds, loaderKinds }, request)
      : null,
  ];
  const end: FellBack = {
    next,
    reason: [reason, ...problems.flatMap((one) => one ?? []).map((one) => `(${one})`)].join(' '),
  };
  system.writeFile(fellBackFile, bytesOfText(`${JSON.stringify(end)}\n`));
}

/** As the other process wrote it in this boot. */
function readEnd(system: System): FellBack {
  return JSON.parse(textOrBytes(system.readFile(fellBackFile)));
}
