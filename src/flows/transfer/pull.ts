import { Failure } from '../../domain/failure.ts';
import type { ObjectRecord, Place, VolumeRecord } from '../../domain/volume.ts';
import { parseVolumeName } from '../../domain/volume-name.ts';
import { displayObject, displayPlace, noSuch, objectAt, placeOf, volumeOf } from '../../store/ledger-state.ts';
import { makeObject } from '../../store/make-object.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import type { System } from '../../system/system.ts';
import { divergenceOf } from '../../transfer/plan-transfer.ts';
import { ancestorsOf } from '../../transfer/tag-ancestry.ts';
import { type TravellingTag, travellingTags } from '../../transfer/travelling-tag.ts';
import { placeOfStore } from '../place-of-store.ts';
import { holdsTheSame } from '../volumes/diff-objects.ts';
import { requireOfNoVersion } from '../volumes/references.ts';
import { divergedFailure } from './diverged.ts';
import { fetchTags } from './fetch.ts';
import type { Fetched, FetchedTag, FetchRequest } from './fetched.ts';
import { historyOf, nextTag, outgoingTag } from './plan-push.ts';
import { replaceBranch } from './replace-branch.ts';

export type PullRequest = FetchRequest & { readonly name: string };

export type Pulled = {
  readonly fetched: Fetched;
  /** The branch of this store, and what has become of it. */
  readonly branch: string;
  readonly outcome: 'made' | 'replaced' | 'up-to-date';
  /** The tag that keeps what the branch held before. */
  readonly kept: string | null;
};

/**
 * Fetches a branch of another store, and has the branch of that name here go on with it: makes it where there is none, and
 * replaces one that holds what the last tag does that both have. Throws Failure `diverged`, `needed`, `busy`, and
 * those of `fetchTags`.
 */
export async function pull(system: System, request: PullRequest): Promise<Pulled> {
  const name = parseVolumeName(request.name);
  if (name.kind !== 'branch') throw notBranch(request.name);
  const place = await placeOfStore(system, request);
  const [only] = await fetchTags(system, request);
  if (only === undefined) throw noSuch(request.name);
  const { branch, theirs, state } = readStore(place, (store) => endsOf(store, only, name.name));
  const { fetched } = only;
  if (state === 'none') return makeBranch(place, only, name.name);
  if (state === 'ahead') return { fetched, branch, outcome: 'up-to-date', kept: null };
  if (state === 'diverged' || !isUnchanged(place, state, request)) {
    const ours = readStore(place, (store) => lineOfBranch(store, only, name.name));
    throw divergedFailure(
      `Cannot pull ${branch} from ${request.remote}`,
      divergenceOf(ours, theirs),
      adviceFor(only, branch),
    );
  }
  return goOnWith(place, only, name.name);
}

type Ends = {
  readonly branch: string;
  /** The fetched tag and what it goes back to. */
  readonly theirs: readonly TravellingTag[];
  readonly state: 'none' | 'ahead' | 'diverged' | Behind;
};

/** A branch of this store, and the last tag that it and the fetched one go back to. */
type Behind = { readonly common: Place; readonly branch: Place };

function endsOf(store: Store, fetched: FetchedTag, name: string): Ends {
  const { volume, tag } = hereOf(store, fetched);
  const place = { volume: volume.name, kind: 'branch', name } as const;
  const branch = displayPlace(place);
  const theirs = lineOf(store, fetched, tag);
  if (objectAt(store.state, place) === null) return { branch, theirs, state: 'none' };
  const [, ...ours] = lineOfBranch(store, fetched, name);
  if (ours.some(({ uuid }) => uuid === tag.uuid)) return { branch, theirs, state: 'ahead' };
  const isCommon = ({ uuid }: TravellingTag): boolean => theirs.some((one) => one.uuid === uuid);
  const common = ours.filter(isCommon).map(({ uuid }) => store.state.objects.get(uuid)?.record);
  const known = common.find((one) => one !== undefined);
  return {
    branch,
    theirs,
    state: known === undefined ? 'diverged' : { common: placeOf(store.state, known), branch: place },
  };
}

/** The fetched tag as it is here, and its volume. */
function hereOf(
  { state }: Store,
  { fetched }: FetchedTag,
): { readonly volume: VolumeRecord; readonly tag: ObjectRecord } {
  const tag = state.objects.get(fetched.uuid)?.record;
  if (tag === undefined) throw noSuch(fetched.name);
  return { tag, volume: volumeOf(state, tag) };
}

/** A tag with all that it goes back to, as far as either store knows. */
function lineOf(store: Store, { wanted, source }: FetchedTag, tag: ObjectRecord): TravellingTag[] {
  const known = travellingTags({
    instance: store.state.identity.instance,
    objects: historyOf(store, tag.volume),
  });
  const there = travellingTags({ instance: source, objects: wanted.of.objects });
  const all = new Map([...known, ...there].map((one) => [one.uuid, one]));
  const travelling = all.get(tag.uuid);
  return travelling === undefined ? [] : [travelling, ...ancestorsOf(travelling, [...all.values()])];
}

/** What a tag of the branch that is made now would go back to, after that tag itself. */
function lineOfBranch(store: Store, fetched: FetchedTag, name: string): TravellingTag[] {
  const { volume } = hereOf(store, fetched);
  const branch = objectAt(store.state, { volume: volume.name, kind: 'branch', name })?.record;
  if (branch === undefined) throw noSuch(`the branch ${volume.name}/${name}`);
  const tags = travellingTags({ instance: store.state.identity.instance, objects: historyOf(store, volume.uuid) });
  const now = outgoingTag(store, nextTag(store, branch), null);
  return [now, ...ancestorsOf(now, tags)];
}

function isUnchanged(place: StorePlace, { common, branch }: Behind, { onProgress }: PullRequest): boolean {
  return readStore(place, (store) => holdsTheSame(store, [common, branch], onProgress));
}

function makeBranch(place: StorePlace, fetched: FetchedTag, name: string): Pulled {
  const branch = changeStore(place, (store) => {
    const { volume, tag } = hereOf(store, fetched);
    requireOfNoVersion(store, { volume: volume.name, kind: 'branch', name });
    return displayObject(store.state, makeObject(store, { volume, kind: 'branch', name, from: tag }));
  });
  return { fetched: fetched.fetched, branch, outcome: 'made', kept: null };
}

function goOnWith(place: StorePlace, fetched: FetchedTag, name: string): Pulled {
  return changeStore(place, (store) => {
    const { made, kept } = replaceBranch(store, { ...hereOf(store, fetched), name });
    return {
      ...{ fetched: fetched.fetched, outcome: 'replaced' },
      ...{ branch: displayObject(store.state, made), kept: displayObject(store.state, kept) },
    };
  });
}

function adviceFor({ fetched }: FetchedTag, branch: string): string {
  const [volume] = branch.split('/');
  return `${fetched.name} is here, and ${branch} is as it was: look with migrate volume diff ${fetched.name} ${branch}, or go on beside with migrate volume branch ${volume}/NAME ${fetched.name}`;
}

function notBranch(name: string): Failure {
  return new Failure({
    code: 'name',
    kind: 'input',
    message: `Cannot pull ${name}: that is no name of a branch`,
    advice: 'Name it as VOLUME/BRANCH; migrate fetch gets volumes and tags',
  });
}
