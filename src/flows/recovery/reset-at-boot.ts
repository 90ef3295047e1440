import type { LoaderChoice } from '../../boot/loader-choice.ts';
import type { StoreLocation } from '../../domain/boot-request.ts';
import { Failure } from '../../domain/failure.ts';
import { hasNoWayOn, type Item } from '../../domain/item.ts';
import type { Reset, ResetMode } from '../../domain/reset.ts';
import type { Loss } from '../../domain/reset-states.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { StorageKinds } from '../../storage/storage-kinds.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { System } from '../../system/system.ts';
import { requireSafeReset } from '../loader/arm-loader.ts';
import { goodVersionOf, readOrNothing } from '../loader/update-loader.ts';
import { type KnownLoader, loaderOf, withLoader } from '../loader/with-loader.ts';
import { type ArmedReset, armReset } from '../reset/arm-reset.ts';
import { lossesOf } from '../reset/losses.ts';
import { previewReset, type ResetRequest } from '../reset/stage-reset.ts';
import type { Arming } from '../reset/total/arm-total.ts';
import { dropVersion, tidyUp } from '../staging/drop-version.ts';
import type { Staged } from '../staging/stage-version.ts';
import { withPlaceAt } from '../store-at-boot.ts';
import { putBack, unprovenOf } from './leave-unproven.ts';

/** What the person at the console is asked. */
export type ResetQuestion = {
  readonly mode: ResetMode;
  /** What is reset: the version that the loader starts by itself. */
  readonly version: VersionRecord;
  /** Volumes that begin anew, and what their branches hold now. */
  readonly losses: readonly Loss[];
};

export type ResetEvents = {
  /** Whether the reset is wanted; nothing is changed before it is asked. */
  readonly confirm: (question: ResetQuestion) => boolean;
};

/** The version that the next start makes, and what a person should know of it. */
export type ResetAtBoot = { readonly version: VersionRecord; readonly notes: readonly string[] };

type Kinds = Pick<StorageKinds, 'storeKinds' | 'changeSources'> & { readonly loaderKinds: readonly LoaderChoice[] };

/** How long the device of the store is waited for. */
const deviceSeconds = 90;

/**
 * Has the next start reset the machine, where the person at the console wants it; null where not, with nothing changed. It is
 * staged and tried as an update is. Throws Failure `no-loader`, `loader-unsafe`, `waiting` and those of staging and arming;
 * then the next start is what it was.
 */
export async function resetAtBoot(
  system: System,
  { storeKinds, loaderKinds, changeSources }: Kinds,
  { mode, store }: { readonly mode: ResetMode; readonly store: StoreLocation },
  { confirm }: ResetEvents,
): Promise<ResetAtBoot | null> {
  system.mounts.waitForAny([store.device], deviceSeconds);
  return await withPlaceAt(system, storeKinds, { ...store, writable: true }, async (place) => {
    const version = goodOf(place, await requireLoader(place, loaderKinds));
    await requireSafeReset(place, loaderKinds);
    const reset: Reset = { mode, keep: [] };
    const request: ResetRequest = {
      ...{ reset, image: null, parent: version.id, choices: null, arm: true, leavesTrials: true },
      ...{ changeSources, onProgress: system.signOfProgress },
    };
    requireNoneWaits(previewReset(place, request).plan.items.filter(hasNoWayOn));
    const losses = lossesOf(place, { mode });
    if (!confirm({ mode, version, losses })) return null;
    // The word that was typed stands for the nonce, which a request has that nobody is there for.
    const { staged, loader } = await armOrPutBack(place, loaderKinds, request, { losses, isConfirmed: true });
    return { version: staged.version, notes: loader?.notes ?? [] };
  });
}

/** A trial that was left for a reset which does not come goes on. */
async function armOrPutBack(
  place: StorePlace,
  choices: readonly LoaderChoice[],
  request: ResetRequest,
  arming: Arming,
): Promise<ArmedReset> {
  const before = readStore(place, unprovenOf);
  try {
    const armed = await armReset(place, choices, request, arming);
    requireArmed(place, armed.staged);
    return armed;
  } catch (error) {
    tidyUp(place, (store) => putBack(store, before));
    throw error;
  }
}

/** Without a loader that is known nothing would start what is staged. */
async function requireLoader(place: StorePlace, choices: readonly LoaderChoice[]): Promise<KnownLoader> {
  const known = await loaderOf(place, choices);
  if (known !== null) return known;
  throw new Failure({
    code: 'no-loader',
    kind: 'input',
    message: 'Cannot reset this machine from here: its store does not know which loader starts it',
    advice: 'Start the machine, run migrate reset there, and start what migrate entry prints',
  });
}

function goodOf(place: StorePlace, known: KnownLoader): VersionRecord {
  const { state } = withLoader(known, readOrNothing);
  return readStore(place, (store) => goodVersionOf(store, state));
}

/** Nobody could answer before the next start. */
function requireArmed(place: StorePlace, { version, waiting }: Staged): void {
  if (waiting.length > 0) tidyUp(place, (store) => dropVersion(store, version));
  requireNoneWaits(waiting);
}

function requireNoneWaits(waiting: readonly Item[]): void {
  if (waiting.length === 0) return;
  throw new Failure({
    code: 'waiting',
    kind: 'failed',
    message: `Cannot reset this machine from here: it waits for ${waiting.map(({ title }) => title).join('; ')}`,
    advice: 'Start the machine, and run migrate reset there, which says how to answer',
  });
}
