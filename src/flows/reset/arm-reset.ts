import type { LoaderChoice } from '../../boot/loader-choice.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { StorePlace } from '../../store/open-store.ts';
import { armStaged } from '../loader/arm-loader.ts';
import type { LoaderUpdate } from '../loader/update-loader.ts';
import { dropVersion, tidyUp } from '../staging/drop-version.ts';
import type { Staged } from '../staging/stage-version.ts';
import { type ResetRequest, stageReset } from './stage-reset.ts';
import { type Arming, armTotal } from './total/arm-total.ts';

/** A reset that the next boot makes, and how the loader starts it; null where the machine has no loader that is known. */
export type ArmedReset = { readonly staged: Staged; readonly loader: LoaderUpdate | null };

/**
 * Stages a reset and has the next boot make it, unless items wait. `arming` is what the person who asked for it was told. What
 * the loader cannot start is taken back. Throws Failure as `stageReset`, `armTotal` and `armStaged` do.
 */
export async function armReset(
  place: StorePlace,
  choices: readonly LoaderChoice[],
  request: ResetRequest,
  arming: Arming,
): Promise<ArmedReset> {
  const staged = stageReset(place, request);
  const { version } = staged;
  if (version.state !== 'armed') return { staged, loader: null };
  // Before the loader: it is told what the start has to say, so that the rest is destroyed.
  if (request.reset.mode === 'total') askFor(place, version, arming);
  return { staged, loader: await armStaged(place, choices, version) };
}

/** A version without its request is none that a boot would make. */
function askFor(place: StorePlace, version: VersionRecord, arming: Arming): void {
  try {
    armTotal(place, version, arming);
  } catch (error) {
    tidyUp(place, (store) => dropVersion(store, version));
    throw error;
  }
}
