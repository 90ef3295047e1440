import { Failure } from '../../domain/failure.ts';
import { displayObject } from '../../store/ledger-state.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import type { System } from '../../system/system.ts';
import type { Offer, Peer } from '../../transfer/peer.ts';
import { ancestorsOf } from '../../transfer/tag-ancestry.ts';
import { travellingTags } from '../../transfer/travelling-tag.ts';
import { placeOfStore } from '../place-of-store.ts';
import { withPeer } from './connect.ts';
import { fetchFromRestic } from './fetch-from-restic.ts';
import { type Fetched, type FetchedTag, type FetchRequest, fetchedAs, fetchedHere, headHere } from './fetched.ts';
import { formOf } from './plan-push.ts';
import { receiveTag } from './receive-tag.ts';
import { refusedBy } from './refused-by.ts';
import { remoteMeant } from './remote-meant.ts';
import { type WantedTag, wantedTags } from './wanted-tags.ts';

/** Gets tags of another store, or of a repository of restic, that are not here. Throws what `wantedTags` and `receiveTag` throw, and what is refused. */
export async function fetchTags(system: System, request: FetchRequest): Promise<readonly FetchedTag[]> {
  const place = await placeOfStore(system, request);
  const { remote, address } = remoteMeant(place, request.remote);
  if (address.kind === 'restic') return [await fetchFromRestic(place, address.repository, request)];
  return await withPeer(system, { remote, address }, request.signal, async (peer) => {
    const volumes = await peer.objects(null);
    const wanted = readStore(place, (store) => wantedTags(store, request.name, { hello: peer.hello, volumes }));
    const all: FetchedTag[] = [];
    for (const one of wanted) {
      all.push({ fetched: await fetchOne(place, peer, one, request), wanted: one, source: peer.hello.instance });
    }
    return all;
  });
}

async function fetchOne(place: StorePlace, peer: Peer, wanted: WantedTag, request: FetchRequest): Promise<Fetched> {
  const known = readStore(place, (store) => fetchedHere(store, wanted.tag.uuid));
  if (known !== null) return known;
  const form = readStore(place, (store) => formOf(store, peer.hello, parentHere(store, wanted, peer)));
  const answer = await peer.get({ object: wanted.tag.uuid, ...form });
  if (answer.kind === 'refused') throw refusedBy(peer, answer.refusal);
  const { offer } = answer;
  requireAsked(offer, wanted, peer);
  let bytes = 0;
  const hooks = {
    signal: request.signal,
    onProgress: (done: { readonly phase: string; readonly bytes: number }) => {
      if (done.phase === 'receive') bytes = done.bytes;
      const phase = done.phase === 'receive' ? 'receive' : 'verify';
      request.onProgress({ phase, done: done.bytes, total: null, unit: 'bytes' });
    },
  };
  const expects = readStore(place, (store) => headHere(store, offer));
  const { object } = await receiveTag(place, { ...offer, expects }, () => answer.bytes, hooks);
  const name = readStore(place, ({ state }) => displayObject(state, object));
  return { ...fetchedAs(name, object), isNew: true, format: offer.format, bytes };
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
