import { Failure } from '../../domain/failure.ts';
import { holdOfRemote } from '../../domain/remote.ts';
import type { StreamFormat } from '../../domain/stream-format.ts';
import type { ObjectRecord, VolumeRecord } from '../../domain/volume.ts';
import { displayObject, displayPlace } from '../../store/ledger-state.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import type { ByteStream } from '../../system/streams.ts';
import type { System } from '../../system/system.ts';
import type { Peer, PutAnswer, RefusalCode } from '../../transfer/peer.ts';
import { receivedVolumeName } from '../../transfer/received-names.ts';
import { isServed } from '../../transfer/served-volumes.ts';
import type { TravellingTag } from '../../transfer/travelling-tag.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import type { OnProgress } from '../progress.ts';
import { withPeer } from './connect.ts';
import { divergedFailure } from './diverged.ts';
import { objectToSend, type VolumeObject } from './object-to-send.ts';
import { type AtPeer, askPeer, formOf, nextTag, outgoingTag, planPush, renamed } from './plan-push.ts';
import { otherVolume, readOnlyRefusal, refusedBy } from './refused-by.ts';
import type { StoreRemote } from './remote-meant.ts';
import { withOutgoing } from './send-tag.ts';
import { currentTag, keepSent, tagToSend } from './sent-tag.ts';
import { checking } from './transfer-hooks.ts';

export type PushRequest = StoreRequest & {
  readonly name: string;
  /** The name that the branch is to have there; null for its own. */
  readonly as: string | null;
  /** Only say what would be done. */
  readonly plan: boolean;
  readonly withoutNested: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
};

export type Pushed = {
  readonly outcome: 'sent' | 'up-to-date' | 'would-send';
  /** The tag; null where one would have to be made. */
  readonly tag: string | null;
  /** The tag on top of which it was sent, where not everything had to be. */
  readonly parent: string | null;
  readonly format: StreamFormat | null;
  readonly bytes: number;
  /** What it is called at the other end; null where it was not sent. */
  readonly there: string | null;
};

/**
 * Sends a tag, or what a branch holds now, to another store. Throws Failure `diverged`, `unrelated`, `connection`, what the
 * other end refuses, and those of `objectToSend`.
 */
export async function pushToStore(system: System, remote: StoreRemote, request: PushRequest): Promise<Pushed> {
  const place = await placeOfStore(system, request);
  const meant = readStore(place, (store) => objectToSend(store, request.name));
  return await withPeer(system, remote, request.signal, async (peer) => {
    if (peer.hello.access === 'read-only') throw refusedBy(peer, readOnlyRefusal);
    const at = await askPeer(peer, meant.volume);
    requireServed(peer, at, meant.volume);
    const current = readStore(place, (store) => currentTag(store, meant, request.onProgress));
    // Before a tag is made: where nothing is sent, none is left.
    const would = planned(place, { peer, at, meant, current }, request);
    if (request.plan) return would;
    const keep = (tag: ObjectRecord): void =>
      changeStore(place, (store) => keepSent(store, tag, holdOfRemote(remote.remote.name)));
    if (current !== null && would.outcome === 'up-to-date') {
      keep(current);
      return would;
    }
    const tag = current ?? tagToSend(place, meant, request);
    const sent = await send(place, { peer, at, meant, tag }, request);
    keep(tag);
    return sent;
  });
}

/** A volume that the other end does not have, or does not tell of. */
function requireServed(peer: Peer, at: AtPeer, volume: VolumeRecord): void {
  const name = receivedVolumeName(volume);
  if (at.volume === null && !isServed(peer.hello.volumes, name)) throw refusedBy(peer, otherVolume(name));
}

type Ends = { readonly peer: Peer; readonly at: AtPeer; readonly meant: VolumeObject };

/** What would be done; a tag that is still to be made has everything before it behind it. */
function planned(
  place: StorePlace,
  ends: Ends & { readonly current: ObjectRecord | null },
  request: PushRequest,
): Pushed {
  return readStore(place, (store) => {
    const { current, meant } = ends;
    const tag = current === null ? null : displayObject(store.state, current);
    const way = wayOf(store, ends, current ?? nextTag(store, meant.object), request);
    if (way === null) return { ...nothingSent, outcome: 'up-to-date', tag };
    return { ...nothingSent, outcome: 'would-send', tag, format: way.form.format, parent: onTopOf(way) };
  });
}

/** How a tag comes to the other end. */
type Way = {
  /** The tag of both ends that comes before it. */
  readonly parent: { readonly uuid: string; readonly name: string } | null;
  readonly form: ReturnType<typeof formOf>;
  /** The head of its branch there, by which the other end tells that nobody else has sent meanwhile. */
  readonly head: string | null;
};

/** Null where the other end has the tag. */
function wayOf(store: Store, ends: Ends, tag: ObjectRecord, request: PushRequest): Way | null {
  const { peer, at, meant } = ends;
  const { instance } = peer.hello;
  const { plan, head } = planPush(store, outgoingTag(store, tag, request.as), meant.volume, { instance, at });
  const parent = parentOf(plan, ends, request);
  return parent === undefined ? null : { parent, head, form: formOf(store, peer.hello, parent?.uuid ?? null) };
}

/** The tag on top of which it is sent, where not everything is. */
function onTopOf({ parent, form }: Pick<Way, 'parent' | 'form'>): string | null {
  return form.parent === null ? null : (parent?.name ?? null);
}

const nothingSent = { parent: null, format: null, bytes: 0, there: null } as const;

/** The tag on top of which it is sent, null for everything, undefined where nothing is to be sent. */
function parentOf(
  plan: ReturnType<typeof planPush>['plan'],
  { meant: { volume, object }, peer }: Ends,
  { as, name }: Pick<PushRequest, 'as' | 'name'>,
): { readonly uuid: string; readonly name: string } | null | undefined {
  const { host } = peer.hello;
  switch (plan.kind) {
    case 'up-to-date':
      return undefined;
    case 'full':
      return null;
    case 'incremental':
      return plan.parent;
    case 'diverged':
      throw divergedFailure(
        `Cannot push ${volume.name}/${as ?? object.name} to ${host}`,
        plan,
        `Nothing was sent. Fetch it and look, or send it beside: migrate push ${name} REMOTE --as NAME`,
      );
    case 'elsewhere':
      throw elsewhere(`${volume.name}/${as ?? object.name}`, host, plan.there);
    case 'unrelated':
      throw unrelated(volume.name, receivedVolumeName(volume), host);
  }
}

async function send(
  place: StorePlace,
  ends: Ends & { readonly tag: ObjectRecord },
  request: PushRequest,
): Promise<Pushed> {
  const { peer, tag } = ends;
  const { as, signal, onProgress } = request;
  const { way, shown } = readStore(place, (store) => ({
    way: wayOf(store, ends, tag, request),
    shown: displayObject(store.state, tag),
  }));
  if (way === null) return { ...nothingSent, outcome: 'up-to-date', tag: shown };
  const { parent, form, head } = way;
  let bytes = 0;
  const onBytes = (count: number): void => {
    bytes = count;
    onProgress({ phase: 'send', done: count, total: null, unit: 'bytes' });
  };
  const hooks = { signal, onProgress: checking(onProgress) };
  const put = (used: typeof form): Promise<PutAnswer> =>
    withOutgoing(place, { object: tag.uuid, ...used }, hooks, ({ offer, bytes: stream }) =>
      peer.put({ ...offer, origin: renamed(offer.origin, as), expects: head }, counted(stream, onBytes)),
    );
  const first = await put(form);
  // The tag that both have may have come to one of them as an archive: no native stream builds on that.
  const isLacking = form.parent !== null && isRefusedFor(first, 'parent-missing');
  const used = isLacking ? { ...form, parent: null } : form;
  const there = nameThere(peer, isLacking ? await put(used) : first);
  return { outcome: 'sent', tag: shown, parent: onTopOf({ parent, form: used }), format: used.format, bytes, there };
}

function isRefusedFor(answer: PutAnswer, code: RefusalCode): boolean {
  return answer.kind === 'refused' && answer.refusal.code === code;
}

async function* counted(bytes: ByteStream, onCount: (count: number) => void): ByteStream {
  let count = 0;
  for await (const piece of bytes) {
    count += piece.length;
    onCount(count);
    yield piece;
  }
}

function nameThere(peer: Peer, answer: PutAnswer): string {
  if (answer.kind === 'refused') throw refusedBy(peer, answer.refusal);
  const { volume, object } = answer;
  return displayPlace({ volume: volume.name, kind: 'tag', name: object.name });
}

/** A tag is of one branch; by another name it would be sent to no effect. */
function elsewhere(what: string, host: string, { name, origin }: TravellingTag): Failure {
  const branch = origin === null ? 'no branch' : `the branch ${origin.branch}`;
  return new Failure({
    code: 'exists',
    kind: 'failed',
    message: `Cannot push ${what} to ${host}: it has ${name} already, as of ${branch}`,
    advice: 'Nothing was sent. Change something here first, or make a branch of the tag there: migrate volume branch',
  });
}

function unrelated(volume: string, there: string, host: string): Failure {
  return new Failure({
    code: 'unrelated',
    kind: 'failed',
    message: `Cannot push ${volume} to ${host}: the volume ${there} there is another one, of the same name`,
    advice: 'Nothing was sent. Send it to another store, or destroy the other volume there where nobody needs it',
  });
}
