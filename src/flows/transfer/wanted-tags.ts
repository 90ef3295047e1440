import { Failure } from '../../domain/failure.ts';
import type { ObjectRecord, VolumeRecord } from '../../domain/volume.ts';
import { displayVolumeName, parseVolumeName, type VolumeName } from '../../domain/volume-name.ts';
import { volumeNamed } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import type { PeerHello, PeerVolume } from '../../transfer/peer.ts';
import { originalVolumeName, receivedVolumeName } from '../../transfer/received-names.ts';
import { lineCalled, remoteLines } from '../../transfer/remote-lines.ts';

/** A tag of another store that is to be fetched, with all that the store has of its volume. */
export type WantedTag = { readonly of: PeerVolume; readonly tag: ObjectRecord };

/**
 * What a person wants to have from another store: of `VOLUME` or of all volumes the last tag of every branch, of
 * `VOLUME/BRANCH` that of one, or `TAG@VOLUME`. Throws Failure `no-object`, `no-source` and `ambiguous`.
 */
export function wantedTags(
  store: Store,
  name: string | null,
  peer: { readonly hello: PeerHello; readonly volumes: readonly PeerVolume[] },
): WantedTag[] {
  const { hello, volumes } = peer;
  if (name === null) return volumes.flatMap((of) => headsOf(of, hello));
  const wanted = parseVolumeName(name);
  const of = volumeWanted(store, wanted, peer);
  if (wanted.kind === 'volume') return headsOf(of, hello);
  return [{ of, tag: wanted.kind === 'tag' ? tagCalled(of, wanted.name, hello) : headCalled(of, wanted.name, hello) }];
}

function headsOf(of: PeerVolume, { instance }: PeerHello): WantedTag[] {
  const lines = remoteLines(instance, of.objects);
  return lines.flatMap(({ head }) => (head === null ? [] : [{ of, tag: head }]));
}

/** The volume by that name here, if the other store has it; else the one that is called so there, or where it was made. */
function volumeWanted(
  { state }: Store,
  wanted: VolumeName,
  { hello, volumes }: { readonly hello: PeerHello; readonly volumes: readonly PeerVolume[] },
): PeerVolume {
  const host = wanted.kind === 'branch' ? wanted.host : null;
  const isOfHost = (volume: VolumeRecord): boolean => host === null || volume.host === host;
  const here = host === null ? volumeNamed(state, wanted.volume) : null;
  const same = volumes.find(({ volume }) => volume.uuid === here?.uuid);
  if (same !== undefined) return same;
  const isCalled = (volume: VolumeRecord): boolean =>
    [volume.name, originalVolumeName(volume), receivedVolumeName(volume)].includes(wanted.volume);
  const called = volumes.filter(({ volume }) => isOfHost(volume) && isCalled(volume));
  const own = called.find(({ volume }) => volume.name === wanted.volume);
  const [first, ...more] = called;
  if (first === undefined) throw notThere(`the volume ${wanted.volume}`, hello);
  if (own !== undefined || more.length === 0) return own ?? first;
  const names = called.map(({ volume }) => `${volume.host}/${originalVolumeName(volume)}`).join(', ');
  throw new Failure({
    code: 'ambiguous',
    kind: 'input',
    message: `Cannot tell which volume ${displayVolumeName(wanted)} is meant: ${hello.host} has ${names}`,
    advice: 'Name it as HOST/VOLUME/BRANCH',
  });
}

function tagCalled({ volume, objects }: PeerVolume, name: string, hello: PeerHello): ObjectRecord {
  const tag = objects.find((object) => object.kind === 'tag' && object.name === name);
  if (tag !== undefined) return tag;
  throw notThere(`the tag ${name}@${volume.name}`, hello);
}

function headCalled({ volume, objects }: PeerVolume, branch: string, hello: PeerHello): ObjectRecord {
  const line = lineCalled(remoteLines(hello.instance, objects), branch, volume.instance);
  if (line === 'none') throw notThere(`the branch ${volume.name}/${branch}`, hello);
  if (line === 'several') {
    throw new Failure({
      code: 'ambiguous',
      kind: 'input',
      message: `Cannot tell which branch ${volume.name}/${branch} is meant: ${hello.host} has it of several stores`,
      advice: 'Name the tag as TAG@VOLUME; or fetch the whole volume',
    });
  }
  if (line.head !== null) return line.head;
  throw new Failure({
    code: 'no-source',
    kind: 'input',
    message: `Cannot fetch ${volume.name}/${branch} from ${hello.host}: no tag was made of it there`,
    advice: `Make one there: migrate volume tag NAME@${volume.name} ${volume.name}/${branch}`,
  });
}

function notThere(what: string, { host }: PeerHello): Failure {
  return new Failure({
    code: 'no-object',
    kind: 'input',
    message: `${host} does not have ${what}`,
    advice: 'See there what there is with migrate volume ls',
  });
}
