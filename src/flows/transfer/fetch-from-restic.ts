import { textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { jsonOrNull } from '../../domain/json.ts';
import type { RootPath } from '../../domain/path.ts';
import { isFields } from '../../domain/volume-json.ts';
import { parseVolumeName, type VolumeName } from '../../domain/volume-name.ts';
import { removeTree } from '../../images/remove-tree.ts';
import { volumeOf } from '../../store/ledger-state.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Files } from '../../system/files.ts';
import { offerOf } from '../../transfer/messages.ts';
import type { Offer } from '../../transfer/peer.ts';
import { findSnapshots, type ListedSnapshot, type ResticRepository, restoreSnapshot } from '../../transfer/restic.ts';
import { archiving, whole } from '../export/tar-options.ts';
import { lockInStore } from '../lock-in-store.ts';
import { type Fetched, type FetchedTag, type FetchRequest, fetchedHere } from './fetched.ts';
import { receiveFetched } from './receive-fetched.ts';
import { recordEnding, recordSchema, requireRestic, resticLock } from './restic-record.ts';

/**
 * Gets the last tag of a branch out of a repository of restic: all of it is laid into the store's filesystem, checked, and
 * received as from another store. Throws Failure `restic`, `no-restic`, `no-object`, `name` and those of `receiveFetched`.
 */
export async function fetchFromRestic(
  place: StorePlace,
  repository: string,
  request: FetchRequest,
): Promise<FetchedTag> {
  const { system } = place;
  requireRestic(system);
  const name = branchName(request.name);
  const restic: ResticRepository = { system, repository };
  const host = readStore(place, ({ state }) => state.identity.host);
  const snapshot = snapshotMeant(findSnapshots(restic, [`volume:${name.volume}`, `branch:${name.name}`]), name, host);
  const uuid = snapshot.tags.find((tag) => tag.startsWith('uuid:'))?.slice('uuid:'.length) ?? '';
  const known = readStore(place, (store) => fetchedHere(store, uuid));
  const fetched = known ?? (await restored(place, restic, snapshot, request));
  return readStore(place, ({ state }) => {
    const tag = state.objects.get(fetched.uuid)?.record;
    if (tag === undefined) throw notThere(name);
    const of = { volume: volumeOf(state, tag), objects: [tag] };
    return { fetched, wanted: { of, tag }, source: state.identity.instance };
  });
}

type BranchName = Extract<VolumeName, { readonly kind: 'branch' }>;

function branchName(text: string | null): BranchName {
  const name = text === null ? null : parseVolumeName(text);
  if (name?.kind === 'branch') return name;
  throw new Failure({
    code: 'name',
    kind: 'input',
    message: 'Cannot tell what to fetch: of a repository of restic it is one branch',
    advice: 'Name it as VOLUME/BRANCH, or HOST/VOLUME/BRANCH',
  });
}

/** The newest of the host that is named, of this one, or of the only one that there is. */
function snapshotMeant(snapshots: readonly ListedSnapshot[], name: BranchName, here: string): ListedSnapshot {
  const hosts = new Set(snapshots.map(({ host }) => host));
  const [only] = hosts;
  const host = name.host ?? (hosts.has(here) || hosts.size !== 1 ? here : only);
  const snapshot = snapshots.findLast((one) => one.host === host);
  if (snapshot !== undefined) return snapshot;
  if (name.host !== null || hosts.size === 0) throw notThere(name);
  throw new Failure({
    code: 'ambiguous',
    kind: 'input',
    message: `Cannot tell whose ${name.volume}/${name.name} is meant: the repository has it of ${[...hosts].join(', ')}`,
    advice: 'Name it as HOST/VOLUME/BRANCH',
  });
}

/** Where a snapshot lies until it is received; what is left of a run that was killed goes with the next. */
const restoring: RootPath = '/restic-restoring';

async function restored(
  place: StorePlace,
  restic: ResticRepository,
  { id, paths }: ListedSnapshot,
  request: FetchRequest,
): Promise<Fetched> {
  const release = lockInStore(place, resticLock);
  const files = place.system.openRoot(place.directory);
  try {
    if (files.status(restoring) !== null) removeTree(files, restoring);
    files.makeDirectory(restoring);
    const target = `${textOrBytes(place.directory)}${restoring}`;
    const { bytes } = files.space();
    const onTick = (): void => {
      const done = Math.max(0, bytes - files.space().bytes);
      request.onProgress({ phase: 'receive', done, total: null, unit: 'bytes' });
    };
    await restoreSnapshot(restic, id, { target, signal: request.signal, onTick });
    return await received(place, { files, ...treeIn(files, paths, id) }, request);
  } finally {
    if (files.status(restoring) !== null) removeTree(files, restoring);
    files.close();
    release();
  }
}

type Restored = { readonly files: Files; readonly tree: RootPath; readonly offer: Offer };

/** What was laid down, and the record beside it that says which tag it is. */
function treeIn(files: Files, paths: readonly string[], id: string): Omit<Restored, 'files'> {
  const path = paths.find((one) => paths.includes(`${one}${recordEnding}`)) ?? '';
  const [tree, record] = [`${restoring}${path}`, `${restoring}${path}${recordEnding}`] as const;
  const isThere = path !== '' && files.status(tree)?.type === 'directory' && files.status(record)?.type === 'file';
  const document = isThere ? jsonOrNull(textOrBytes(files.read(record))) : null;
  const offer = isFields(document) && document['schema'] === recordSchema ? offerOf(document) : null;
  if (offer !== null) return { tree, offer };
  throw new Failure({
    code: 'no-object',
    kind: 'failed',
    message: `Cannot fetch the snapshot ${id}: it is not one that migrate push has made`,
    advice: 'restic restore gets it back as files',
  });
}

async function received(place: StorePlace, { files, tree, offer }: Restored, request: FetchRequest): Promise<Fetched> {
  const root = `${textOrBytes(files.root)}${tree}`;
  const bytes = place.system.streams.output('tar', [...whole, ...archiving(root, '-')], { signal: request.signal });
  return await receiveFetched(place, { offer: { ...offer, format: 'tar' }, bytes, phase: 'verify' }, request);
}

function notThere({ host, volume, name }: BranchName): Failure {
  return new Failure({
    code: 'no-object',
    kind: 'input',
    message: `The repository has no snapshot of ${host === null ? '' : `${host}/`}${volume}/${name}`,
    advice: 'restic snapshots lists what it has',
  });
}
