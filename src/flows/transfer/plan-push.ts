import { type Origin, remoteHead } from '../../domain/origin.ts';
import type { StreamFormat } from '../../domain/stream-format.ts';
import type { ObjectRecord, Uuid, VolumeRecord } from '../../domain/volume.ts';
import { displayObject } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import type { Peer, PeerHello, PeerVolume } from '../../transfer/peer.ts';
import { planTransfer, type TransferPlan } from '../../transfer/plan-transfer.ts';
import { receivedVolumeName } from '../../transfer/received-names.ts';
import { type TravellingTag, travellingTag, travellingTags } from '../../transfer/travelling-tag.ts';

/** What another store has of a volume. */
export type AtPeer = { readonly volume: PeerVolume | null; readonly nameTaken: boolean };

/** Asks another store for what it has of a volume, or of another by the name that this one would get there. */
export async function askPeer(peer: Peer, volume: VolumeRecord): Promise<AtPeer> {
  const [known = null] = await peer.objects(volume.uuid);
  if (known !== null) return { volume: known, nameTaken: false };
  const name = receivedVolumeName(volume);
  const others = await peer.objects(null);
  return { volume: null, nameTaken: others.some((other) => other.volume.name === name) };
}

/** What a store knows of the tags of a volume, those too that it has no more. */
export function historyOf({ state }: Store, volume: Uuid): readonly ObjectRecord[] {
  const all = [...state.removed.values(), ...state.objects.values().map(({ record }) => record)];
  return all.filter((object) => object.volume === volume);
}

/** A tag as it travels, its branch by the name that it is to have at the other end. */
export function outgoingTag(store: Store, tag: ObjectRecord, as: string | null): TravellingTag {
  const records = new Map(historyOf(store, tag.volume).map((object) => [object.uuid, object]));
  const travelling = travellingTag(store.state.identity.instance, tag, records);
  return { ...travelling, origin: renamed(travelling.origin, as) };
}

/** The tag that would be made of a branch; it has no uuid yet. */
export function nextTag({ state, nextLine }: Store, branch: ObjectRecord): ObjectRecord {
  const name = `what ${displayObject(state, branch)} holds now`;
  return { ...branch, kind: 'tag', name, from: branch.uuid, uuid: '', order: nextLine, notes: {} };
}

/** The branch by another name. */
export function renamed(origin: Origin | null, as: string | null): Origin | null {
  return origin === null || as === null ? origin : { ...origin, branch: as };
}

/** What sending a tag to another store comes to, and the head of its branch there. */
export function planPush(
  store: Store,
  tag: TravellingTag,
  volume: VolumeRecord,
  peer: { readonly instance: Uuid; readonly at: AtPeer },
): { readonly plan: TransferPlan; readonly head: Uuid | null } {
  const { instance } = store.state.identity;
  const objects = peer.at.volume?.objects ?? [];
  const receiver = travellingTags({ instance: peer.instance, objects });
  const head = tag.origin === null ? null : remoteHead(objects, tag.origin);
  const plan = planTransfer({
    tag,
    sender: travellingTags({ instance, objects: historyOf(store, volume.uuid) }),
    isThere: (uuid) => store.state.objects.has(uuid),
    receiver,
    head: receiver.find(({ uuid }) => uuid === head?.uuid) ?? null,
    nameTaken: peer.at.nameTaken,
  });
  return { plan, head: head?.uuid ?? null };
}

/** How a tag travels: in a form of both ends, and then what differs from a parent; else as an archive of everything. */
export function formOf(
  { backend }: Store,
  { streams }: PeerHello,
  parent: Uuid | null,
): { readonly format: StreamFormat; readonly parent: Uuid | null } {
  const format = backend.capabilities.streams.find((one) => streams.includes(one));
  return format === undefined ? { format: 'tar', parent: null } : { format, parent };
}
