import type { Choices } from '../../domain/choices.ts';
import { Failure } from '../../domain/failure.ts';
import { hasNoWayOn, type Item } from '../../domain/item.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Reset } from '../../domain/reset.ts';
import { newVersion, nextOrder, type VersionRecord, versionIdOf } from '../../domain/version.ts';
import { addItem } from '../../plan/add-item.ts';
import { makeItem } from '../../plan/make-item.ts';
import type { ChangeSource } from '../../storage/change-source.ts';
import { objectAt } from '../../store/ledger-state.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readReplaced, readWholeVersions, writeVersion } from '../../versions/records.ts';
import { imageOfVersion } from '../images/image-of-version.ts';
import { keepChoices, keptChoices } from '../kept-choices.ts';
import { withOldVolumes } from '../old-volumes.ts';
import { withTrees } from '../plan-migration.ts';
import { previewMigration } from '../preview-migration.ts';
import type { OnProgress } from '../progress.ts';
import { leaveUnproven } from '../recovery/leave-unproven.ts';
import { requireNoDestroying } from '../reset/total/arm-total.ts';
import { foreseeDespiteDamage } from '../reset/total/foresee-total.ts';
import { withRoot } from '../with-root.ts';
import { bootOf } from './boot-of-version.ts';
import { changeState, holdAll, occasionOf, systemPlace } from './change-version.ts';
import { dropReplaced, dropVersion, replacing, tidyUp, unbootedVersions } from './drop-version.ts';
import { foreseenRoot } from './foreseen-root.ts';
import { refusedBindings } from './foretell-bindings.ts';
import { parentFor, requireNotFailed, requireProven } from './require-stageable.ts';

export type StageRequest = {
  /** The tag that the new version is made from. */
  readonly image: string;
  /** The version whose state it takes over; null for the one that runs. */
  readonly parent: string | null;
  /** Where its changes are told from: its image, or what it was at its commit. */
  readonly since: 'image' | 'commit';
  /** Null for those that the parent keeps. */
  readonly choices: Choices | null;
  /** Whether an image is tried again of which a version has failed. */
  readonly force: boolean;
  /** False where the version is to be staged only: it is not to be made by the next boot. */
  readonly arm: boolean;
  /** What the version is a reset of, whose image may be its parent's own; null for an update. */
  readonly reset: Reset | null;
  /** Whether versions on trial are left for it, in the write that arms it; else there may be none. */
  readonly leavesTrials?: boolean;
  readonly changeSources: readonly ChangeSource[];
  readonly onProgress: OnProgress;
};

/** A version that is staged, with what its migration will do. */
export type Staged = {
  readonly version: VersionRecord;
  readonly plan: Plan;
  /** Items that need an answer before it can be armed. */
  readonly waiting: readonly Item[];
  /** Versions that were staged before, and that this one takes the place of; none where it is not armed. */
  readonly replaced: readonly string[];
};

/**
 * Makes a version of an image: predicts its migration and, where nothing waits for a choice, has the next boot make it.
 * Throws Failure `no-version`, `no-object`, `same-image`, `failed-before`, `unproven`, `cannot-boot`, `overtaken` and those of planning; then
 * nothing is staged.
 */
export function stageVersion(place: StorePlace, request: StageRequest): Staged {
  const { version, parent } = changeStore(place, (store) => beginStaging(store, request));
  try {
    const plan = readStore(place, (store) => predict(store, { version, parent }, request));
    const waiting = plan.items.filter(hasNoWayOn);
    const ready = waiting.length === 0 && request.arm;
    if (ready && request.choices !== null) keepForBoot(place, parent, request.choices);
    const prepared = changeStore(place, (store) => prepareVersion(store, version, ready, request));
    tidyUp(place, dropReplaced);
    return { ...prepared, plan, waiting };
  } catch (error) {
    // The failure is what there is to tell; the next staging replaces what cannot be dropped now.
    tidyUp(place, (store) => dropVersion(store, version));
    throw error;
  }
}

/** What `stageVersion` would make, with nothing changed: the version as it would begin, and the plan. Throws the same. */
export function foreseeVersion(place: StorePlace, request: StageRequest): Pick<Staged, 'version' | 'plan'> {
  return readStore(place, (store) => {
    const pair = firstOf(store, request);
    return { version: pair.version, plan: predict(store, pair, request) };
  });
}

type Pair = { readonly version: VersionRecord; readonly parent: VersionRecord };

function beginStaging(store: Store, request: StageRequest): Pair {
  const pair = firstOf(store, request);
  writeVersion(store.files, pair.version);
  holdAll(store, pair.version);
  return pair;
}

/** Both versions as they are before anything is done. */
function firstOf(
  store: Store,
  { image, parent: named, since, force, reset, leavesTrials = false }: StageRequest,
): Pair {
  const parent = parentFor(store, named);
  const tag = objectAt(store.state, systemPlace('tag', image));
  if (tag === null) throw noImage(image);
  if (leavesTrials) requireNoDestroying(store);
  else requireProven(store);
  if (!force) requireNotFailed(store, tag.record);
  const { order, id } = newIdentity(store, image);
  const base = baseOf(store, parent, since);
  if (base === image && reset === null) throw sameImage(image, parent);
  const facts = { id, order, image, parent: parent.id, branch: id, base, reset, bindings: {} };
  return { version: newVersion(facts, 'staged', { ...occasionOf(store, `staged from ${image}`), order }), parent };
}

/** An id that another record says it replaces would be that of no version. */
function newIdentity({ files }: Store, image: string): Pick<VersionRecord, 'order' | 'id'> {
  const whole = readWholeVersions(files);
  const taken = new Set([...whole, ...readReplaced(files)].flatMap(({ replaces }) => replaces));
  let order = nextOrder(whole);
  while (taken.has(versionIdOf(image, order))) order += 1;
  return { order, id: versionIdOf(image, order) };
}

/** What a version was found with, or held, is no image to tell changes from (case 66): they would pass for the image's. */
function baseOf(store: Store, parent: VersionRecord, since: StageRequest['since']): string | null {
  if (since === 'commit' && parent.born !== null) return parent.born;
  return imageOfVersion(store, parent)?.name ?? null;
}

/** What the boot would do now. */
function predict(store: Store, pair: Pair, request: StageRequest): Plan {
  return foreseeDespiteDamage(store.system, pair.version.reset, () => predictCarried(store, pair, request));
}

function predictCarried(
  store: Store,
  { version, parent }: Pair,
  { choices, changeSources, onProgress }: StageRequest,
): Plan {
  const { backend, system } = store;
  const readOnly = { writable: false };
  const preview = (base: string | null, old: string, image: string): Plan => {
    const roots = { base, old, new: image };
    return withOldVolumes(store, { version, parent }, roots, ({ parts: oldParts, migrated, toFill }) => {
      // Where the boot looks for them: in the root, whatever is mounted there.
      const kept = choices ?? withRoot(system, old, keptChoices);
      const request = {
        ...{ ...roots, oldParts, policyFiles: null, choices: kept, changeSources, onProgress, diffs: false },
        ...{ baseIsNew: version.base === version.image, reset: version.reset ?? undefined },
      };
      const { plan, blobs } = previewMigration(system, request);
      const refused = withTrees(system, request, (trees) => {
        const tree = foreseenRoot({ ...plan, blobs }, trees);
        const bound = { old, result: image, migrated, toFill };
        return refusedBindings(store, { version, parent }, bound, tree, { plan, onProgress });
      });
      const { digest } = system;
      return refused === null ? plan : addItem(plan, makeItem(refused, { choices: kept, digest }), digest);
    });
  };
  return backend.withContent(systemPlace('tag', version.image), readOnly, (image) =>
    backend.withContent(systemPlace('branch', parent.branch), readOnly, (old) =>
      version.base === null || version.base === version.image
        ? preview(version.base === null ? null : image, old, image)
        : backend.withContent(systemPlace('tag', version.base), readOnly, (base) => preview(base, old, image)),
    ),
  );
}

/** The boot that makes the version reads the answers where its parent keeps them. Nobody takes a tag of that meanwhile. */
function keepForBoot(place: StorePlace, { branch }: VersionRecord, choices: Choices): void {
  changeStore(place, ({ backend, system }) =>
    backend.withContent(systemPlace('branch', branch), { writable: true }, (directory) =>
      withRoot(system, directory, (root) => keepChoices(root, choices)),
    ),
  );
}

/** Only one that can boot takes the place of those that were staged before, and does so by the one write that arms it. */
function prepareVersion(
  store: Store,
  version: VersionRecord,
  ready: boolean,
  { leavesTrials = false }: Pick<StageRequest, 'leavesTrials'>,
): Pick<Staged, 'version' | 'replaced'> {
  if (leavesTrials) requireNoDestroying(store);
  else requireProven(store);
  if (readWholeVersions(store.files).every(({ id }) => id !== version.id)) throw overtaken(version);
  const replaced = ready ? unbootedVersions(store, { but: version.id }) : [];
  const whole = { ...version, boot: bootOf(store, version), ...replacing(store, replaced) };
  if (ready) {
    if (leavesTrials) leaveUnproven(store);
    return { version: changeState(store, whole, ['prepared', 'armed'], 'the next boot is to make it'), replaced };
  }
  writeVersion(store.files, whole);
  return { version: whole, replaced };
}

/** Two records that replace each other would both be none. */
function overtaken({ id }: VersionRecord): Failure {
  return new Failure({
    code: 'overtaken',
    kind: 'failed',
    message: `Cannot go on with ${id}: another command has taken it away, or staged a version in its place, meanwhile`,
    advice: 'See what the next boot makes with migrate status',
  });
}

function sameImage(image: string, { id }: VersionRecord): Failure {
  return new Failure({
    code: 'same-image',
    kind: 'input',
    message: `Cannot make a version of ${image} with the state of ${id}: that is made from the same image`,
    advice: 'Name an image with something new in it, or another parent with --parent VERSION',
  });
}

function noImage(image: string): Failure {
  return new Failure({
    code: 'no-object',
    kind: 'input',
    message: `There is no image "${image}" in the store`,
    advice: 'See them with migrate image ls',
  });
}
