import { errorCode, Failure } from '../../domain/failure.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import type { System } from '../../system/system.ts';
import type { Offer, Peer } from '../../transfer/peer.ts';
import { ancestorsOf } from '../../transfer/tag-ancestry.ts';
import { travellingTags } from '../../transfer/travelling-tag.ts';
import { placeOfStore } from '../place-of-store.ts';
import { withPeer } from './connect.ts';
import { fetchFromRestic } from './fetch-from-restic.ts';
import { type Fetched, type FetchedTag, type FetchRequest, fetchedHere } from './fetched.ts';
import { formOf } from './plan-push.ts';
import { receiveFetched } from './receive-fetched.ts';
import { refusedBy } from './refused-by.ts';
import { remoteMeant } from './remote-meant.ts';
import { type WantedTag, wantedTags } from './wanted-tags.ts';

/** Is told of a tag that cannot be fetched, as `TAG@VOLUME` there; the others are gone on with, unless it throws. */
export type OnFailed = (name: string, failure: Failure) => void;

/**
 * Gets tags of another store, or of a repository of restic, that are not here. Of several the others are fetched where one
 * fails, and `onFailed` is told. Throws what `wantedTags` and `receiveTag` throw, and what is refused.
 */
export async function fetchTags(
  system: System,
  request: FetchRequest,
  onFailed: OnFailed = stop,
): Promise<readonly FetchedTag[]> {
  const place = await placeOfStore(system, request);
  const { remote, address } = remoteMeant(place, request.remote);
  if (address.kind === 'restic') return [await fetchFromRestic(place, address.repository, request)];
  const fetched: FetchedTag[] = [];
  let left: readonly Job[] | null = null;
  do {
    // What the other end still says of a tag that failed ends with its connection.
    left = await withPeer(system, { remote, address }, request.signal, async (peer): Promise<readonly Job[]> => {
      const jobs: readonly Job[] = left ?? (await jobsAt(place, peer, request));
      const onDone = (one: FetchedTag): void => void fetched.push(one);
      return await fetchUntilFailure({ place, peer, request }, jobs, { onDone, onFailed });
    });
  } while (left.length > 0);
  return fetched;
}

type Job = {
  readonly wanted: WantedTag;
  /** Nothing native builds on the ancestor that both have: it came to one of them as an archive. */
  readonly isWhole: boolean;
  /** Whether it is the only one that is asked for. */
  readonly isOnly: boolean;
};

type Ends = { readonly place: StorePlace; readonly peer: Peer; readonly request: FetchRequest };

async function jobsAt(place: StorePlace, peer: Peer, { name }: FetchRequest): Promise<readonly Job[]> {
  const volumes = await peer.objects(null);
  const all = readStore(place, (store) => wantedTags(store, name, { hello: peer.hello, volumes }));
  return all.map((wanted) => ({ wanted, isWhole: false, isOnly: all.length === 1 }));
}

/** Gives what is left to be done over another connection. */
async function fetchUntilFailure(
  ends: Ends,
  jobs: readonly Job[],
  { onDone, onFailed }: { readonly onDone: (fetched: FetchedTag) => void; readonly onFailed: OnFailed },
): Promise<readonly Job[]> {
  for (const [index, job] of jobs.entries()) {
    const { wanted } = job;
    try {
      onDone({ fetched: await fetchOne(ends, job), wanted, source: ends.peer.hello.instance });
    } catch (error) {
      const rest = jobs.slice(index + 1);
      if (errorCode(error) === 'parent-missing' && !job.isWhole) return [{ ...job, isWhole: true }, ...rest];
      if (!(error instanceof Failure) || error.code === 'connection' || job.isOnly) throw error;
      ends.request.signal.throwIfAborted();
      onFailed(`${wanted.tag.name}@${wanted.of.volume.name}`, error);
      return rest;
    }
  }
  return [];
}

async function fetchOne({ place, peer, request }: Ends, { wanted, isWhole }: Job): Promise<Fetched> {
  const { known, form } = readStore(place, (store) => ({
    known: fetchedHere(store, wanted.tag.uuid),
    form: formOf(store, peer.hello, isWhole ? null : parentHere(store, wanted, peer)),
  }));
  if (known !== null) return known;
  const answer = await peer.get({ object: wanted.tag.uuid, ...form });
  if (answer.kind === 'refused') throw refusedBy(peer, answer.refusal);
  requireAsked(answer.offer, wanted, peer);
  return await receiveFetched(place, { ...answer, phase: 'receive' }, request);
}

function stop(_name: string, failure: Failure): never {
  throw failure;
}

/** The nearest ancestor that is here too. */
function parentHere({ state }: Store, { of, tag }: WantedTag, { hello }: Peer): string | null {
  const tags = travellingTags({ instance: hello.instance, objects: of.objects });
  const travelling = tags.find(({ uuid }) => uuid === tag.uuid);
  const ancestors = travelling === undefined ? [] : ancestorsOf(travelling, tags);
  const isHere = (uuid: string): boolean => state.objects.get(uuid)?.record.kind === 'tag';
  const isThere = new Set(of.objects.map(({ uuid }) => uuid));
  return ancestors.find(({ uuid }) => isHere(uuid) && isThere.has(uuid))?.uuid ?? null;
}

function requireAsked({ volume, object }: Offer, { of, tag }: WantedTag, { hello }: Peer): void {
  if (object.uuid === tag.uuid && object.kind === 'tag' && volume.uuid === of.volume.uuid) return;
  throw new Failure({
    code: 'connection',
    kind: 'failed',
    message: `Cannot fetch ${tag.name}@${of.volume.name}: ${hello.host} sends something else`,
  });
}
