import { type Place, samePlace } from '../domain/volume.ts';
import { changeStore, readStore, type StorePlace } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { objectsOf } from '../versions/objects-of-versions.ts';
import { type PruningPlan, planPruning } from '../versions/plan-pruning.ts';
import { placesOf, prune } from '../versions/prune.ts';
import { decideImages, placesOfGoing, pruneImages, type RetainedImage } from '../versions/prune-images.ts';
import { readReplaced, readWholeVersions } from '../versions/records.ts';
import type { LeftOver } from '../versions/remove-in-rounds.ts';
import type { Retained } from '../versions/retention.ts';
import type { UnreadRoot } from './logged-migrations.ts';
import { runningVersionOf } from './running-version.ts';
import { keepingRuns, runsToKeep } from './runs-to-keep.ts';
import { leftOvers, type RemovedLeftOver, removeLeftOvers } from './staging/left-overs.ts';

export type PruneRequest = {
  /** How many of the versions that were good stay, and how many images. */
  readonly keep: number;
  /** Whether nothing is to be changed. */
  readonly dryRun: boolean;
};

export type Pruning = {
  readonly dryRun: boolean;
  readonly retained: readonly Retained[];
  /** The images that do not go with a version. */
  readonly images: readonly RetainedImage[];
  /** What was removed; or would be. */
  readonly removed: readonly Place[];
  /** What stays though its version goes, since it is not the version's to take. */
  readonly kept: readonly LeftOver[];
  /** What the storage would not remove; the next pruning tries again. */
  readonly refused: readonly LeftOver[];
  /** What interrupted commands had left; with `dryRun` it is still there. */
  readonly leftOvers: readonly RemovedLeftOver[];
  /** What the log loses with the versions that go, and why. */
  readonly problems: readonly string[];
};

/**
 * Removes the versions that the retention lets go, with what only they use, and images that nothing refers to; what the log
 * tells of them is kept. Throws Failure `version-record` where a
 * record cannot be read: what it refers to is not known then.
 */
export function pruneVersions(place: StorePlace, request: PruneRequest): Pruning {
  if (!request.dryRun) {
    return changeStore(place, (store) => {
      const settled = removeLeftOvers(store);
      const { versions, images } = planOf(place.system, store, request);
      const problems: string[] = [];
      const gone = versions.going.map(({ version }) => version);
      const unread: UnreadRoot[] = [];
      const runs = runsToKeep(store, gone, problems, unread);
      const { plan, refusing } = withoutUnread(versions, unread);
      const ids = new Set(refusing.map(({ version }) => version.id));
      const going = runs.filter(({ version }) => !ids.has(version.id));
      const ofVersions = keepingRuns(store, going, problems, () => prune(store, plan));
      const ofImages = pruneImages(store, images);
      const removed = [...ofVersions.removed, ...ofImages.removed];
      const refused = [...unread.map(asUnread), ...ofVersions.refused, ...ofImages.refused];
      const { retained, kept } = versions;
      return { dryRun: false, retained, images, kept, removed, refused, leftOvers: settled, problems };
    });
  }
  return readStore(place, (store) => {
    const { versions, images } = planOf(place.system, store, request);
    const { retained, going, kept } = versions;
    const removed = [...placesOf(going), ...placesOfGoing(store.state, images)];
    const left = leftOvers(store).map((one) => ({ ...one, problem: null }));
    return { dryRun: true, retained, images, removed, kept, refused: [], leftOvers: left, problems: [] };
  });
}

/** Versions whose roots the kernel would not let read now stay, with all that they need: the next pruning tries again. */
function withoutUnread(
  { going, ...plan }: PruningPlan,
  unread: readonly UnreadRoot[],
): { readonly plan: PruningPlan; readonly refusing: PruningPlan['going'] } {
  const isUnread = (place: Place): boolean => unread.some((other) => samePlace(other.place, place));
  const ids = new Set(unread.map(({ id }) => id));
  const refusing = going.filter(({ version }) => ids.has(version.id) || objectsOf(version).some(isUnread));
  const needed = refusing.flatMap(({ version }) => objectsOf(version));
  const isNeeded = (place: Place): boolean => needed.some((other) => samePlace(other, place));
  const rest = going.filter((each) => !refusing.includes(each));
  const free = rest.map((each) => ({ ...each, places: each.places.filter((place) => !isNeeded(place)) }));
  return { plan: { ...plan, going: free }, refusing };
}

function asUnread({ place }: UnreadRoot): LeftOver {
  return { place, why: 'what its migration did could not be read' };
}

type Plans = { readonly versions: PruningPlan; readonly images: readonly RetainedImage[] };

function planOf(system: System, store: Store, { keep }: PruneRequest): Plans {
  const records = readWholeVersions(store.files);
  const running = runningVersionOf(system, records)?.id ?? null;
  const plan = planPruning(store.state, { records, running, keep });
  const staying = plan.retained.filter(({ stays }) => stays).map(({ version }) => version);
  const versions = [...staying, ...readReplaced(store.files)];
  return { versions: plan, images: decideImages(store.state, { versions, going: placesOf(plan.going), keep }) };
}
