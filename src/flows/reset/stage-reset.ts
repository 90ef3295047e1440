import type { Choices } from '../../domain/choices.ts';
import { Failure } from '../../domain/failure.ts';
import type { Reset } from '../../domain/reset.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { objectAt } from '../../store/ledger-state.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { imageNamed } from '../images/image-named.ts';
import { imageOfVersion } from '../images/image-of-version.ts';
import { systemPlace } from '../staging/change-version.ts';
import { parentFor } from '../staging/require-stageable.ts';
import { foreseeVersion, type Staged, type StageRequest, stageVersion } from '../staging/stage-version.ts';
import { spendReserve } from './reserve.ts';

export type ResetRequest = Pick<StageRequest, 'changeSources' | 'onProgress' | 'leavesTrials'> & {
  readonly reset: Reset;
  /** The tag of the image that it goes back to; null for that of the version which is reset. */
  readonly image: string | null;
  /** The version that is reset, which stays as it is; null for the one that runs. */
  readonly parent: string | null;
  /** Null for those that the parent keeps. */
  readonly choices: Choices | null;
  /** False where the reset is to be staged only. */
  readonly arm: boolean;
};

/**
 * Stages a reset: a version of an image as delivered, with what the reset keeps of its parent, which the next boot makes as
 * it makes an update. An image of which a version has failed is taken all the same: the parent may run it. Throws Failure
 * `no-image` and what `stageVersion` does; then nothing is staged.
 */
export function stageReset(place: StorePlace, request: ResetRequest): Staged {
  changeStore(place, ({ files }) => spendReserve(files, 'asking'));
  return stageVersion(place, stagingOf(place, request));
}

/** What `stageReset` would make, with nothing changed. Throws the same. */
export function previewReset(place: StorePlace, request: ResetRequest): Pick<Staged, 'version' | 'plan'> {
  return foreseeVersion(place, stagingOf(place, request));
}

function stagingOf(place: StorePlace, { image: named, ...request }: ResetRequest): StageRequest {
  const image = readStore(place, (store) => imageFor(store, parentFor(store, request.parent, '--from'), named));
  return { ...request, image, since: 'image', force: true };
}

/** The image that a version goes back to. Throws Failure `no-image`. */
function imageFor(store: Store, parent: VersionRecord, named: string | null): string {
  if (named !== null) return imageNamed(store, named).name;
  const image = imageOfVersion(store, parent);
  if (image !== null) return image.name;
  throw noOwnImage(parent, objectAt(store.state, systemPlace('tag', parent.image)) !== null);
}

/** What a machine was found with, or a version held when another was made of it, is not what any image brought. */
function noOwnImage({ id, image }: VersionRecord, isThere: boolean): Failure {
  const why = isThere ? `${image} is what a root held, and no image` : `${image} is not in the store`;
  return new Failure({
    code: 'no-image',
    kind: 'input',
    message: `Cannot tell what image ${id} goes back to: it was made from ${image}, and ${why}`,
    advice: 'Name an image with --to IMAGE: migrate image ls shows them, and migrate stage --no-arm brings one',
  });
}
