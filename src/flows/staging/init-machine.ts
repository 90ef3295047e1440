import { type ByteString, bytesOfText, displayBytes, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { type MountedFilesystem, mountsOf } from '../../domain/mountinfo.ts';
import { storeInRoot, storeOfRoot } from '../../domain/store-of-root.ts';
import { type VersionRecord, versionIdOf } from '../../domain/version.ts';
import { imageFacts } from '../../images/image-facts.ts';
import { suggestTag } from '../../images/suggest-tag.ts';
import type { BackendKind } from '../../storage/backend.ts';
import type { StoreKind } from '../../storage/storage-kinds.ts';
import { createStore } from '../../store/create-store.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readIdentity, storePaths } from '../../store/store-files.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { hostName } from '../volumes/create-store.ts';
import { withRoot } from '../with-root.ts';
import { kernelOf } from './boot-of-version.ts';
import { systemPlace } from './change-version.ts';
import { declareInitVolumes, foreseeInitVolumes, type InitVolumes } from './init-volumes.ts';
import { registerRoot } from './register-root.ts';

export type InitRequest = {
  /** The root that is to become the first version; `/` for the one that runs. */
  readonly root: string;
  /** What the machine is to be called in names of branches; else its host name. */
  readonly host: string | null;
  readonly storeKinds: readonly StoreKind[];
  /** Brings the image that the root was made from into the store and gives its tag; null where that is gone. */
  readonly importBase: ((place: StorePlace) => Promise<string>) | null;
  /** Whether the root is to declare volumes for people's data. */
  readonly declareVolumes: boolean;
};

export type InitializedMachine = {
  readonly version: VersionRecord;
  /** The store from the top of the root's filesystem. */
  readonly store: string;
  /** The name that the root has there, `/` where it is the filesystem itself; it goes on leading to it. */
  readonly subvolume: string;
  /** What the root declares now, and what not; null where that was not asked for. */
  readonly volumes: InitVolumes | null;
};

/** In the top of the filesystem, beside what is there already. */
const storeName = storeInRoot;

/**
 * Puts a machine under a store: its root becomes a branch of the volume `system` and its first version, which is good. A
 * subvolume moves there; a filesystem stays where it is, and goes on starting as it did. Whether done or interrupted, the
 * machine starts as before; interrupted, it can be done again. Throws Failure `initialized`, `wrong-filesystem`,
 * `no-image`, `no-place`, `cannot-boot`, `cannot-take-over` and those of `loadVolumes` and of importing an image.
 */
export async function initMachine(system: System, request: InitRequest): Promise<InitializedMachine> {
  const root = mountOfRoot(system, request.root);
  const kind = await kindFor(request, root);
  withRoot(system, request.root, kernelOf);
  const volumes = volumesFor(system, request);
  // While the root runs no tag of it could be made: what changes there would change the tag.
  if (!kind.capabilities.atomicTag && request.importBase === null) throw noImage(request.root);
  const device = { device: textOrBytes(root.source), subvolume: null };
  const { mounts } = system;
  return mounts.withMounted(
    (top) => mounts.mount(device, top, { writable: true, top: true }),
    { writable: true },
    (top) => initBelow({ system, kind, top: bytesOfText(top), root, volumes }, request),
  );
}

/** What is mounted at the root. Throws Failure `wrong-filesystem` where nothing is. */
export function mountOfRoot({ directory, readFile }: System, path: string): MountedFilesystem {
  const mounts = mountsOf(readFile('/proc/self/mountinfo'));
  const root = mounts.findLast((mount) => mount.directory === directory(path));
  if (root !== undefined) return root;
  throw wrongFilesystem(path, 'nothing is mounted there');
}

/** The kind of storage that can take the root over. */
async function kindFor({ root: path, storeKinds }: InitRequest, root: MountedFilesystem): Promise<BackendKind> {
  for (const { load } of storeKinds) {
    const kind = await load();
    if (kind.takeOver?.serves(root) === true) return kind;
  }
  const part = root.root === '/' ? 'all of' : `${displayBytes(root.root)} of`;
  throw wrongFilesystem(path, `it is ${part} a filesystem of the kind ${root.filesystem}`);
}

function wrongFilesystem(path: string, why: string): Failure {
  return new Failure({
    code: 'wrong-filesystem',
    kind: 'input',
    message: `Cannot put ${path} into a store: ${why}`,
    advice:
      'The root has to be a subvolume of btrfs, such as @rootfs, or an ext4, xfs or f2fs filesystem of its own; or, with --store, a thin volume of LVM or a dataset of ZFS',
  });
}

function noImage(path: string): Failure {
  return new Failure({
    code: 'no-image',
    kind: 'input',
    message: `Cannot put ${path} into a store without its image: on this filesystem what it holds now cannot be kept beside it`,
    advice: 'Name the image that the machine was made from, with --image',
  });
}

type Init = {
  readonly system: System;
  readonly kind: BackendKind;
  /** Where the top of the root's filesystem is mounted. */
  readonly top: ByteString;
  readonly root: MountedFilesystem;
  readonly volumes: InitVolumes | null;
};

/** What the root is to declare. Throws Failure as `loadVolumes` does. */
export function volumesFor(system: System, { root, declareVolumes }: InitRequest): InitVolumes | null {
  return declareVolumes ? foreseeInitVolumes(system, root) : null;
}

/** The first version, and what its root declares then. */
export function registerWithVolumes(
  store: Store,
  version: { readonly id: string; readonly base: string | null },
  foreseen: InitVolumes | null,
): Pick<InitializedMachine, 'version' | 'volumes'> {
  let volumes: InitVolumes | null = null;
  const record = registerRoot(store, version, () => {
    if (foreseen !== null) volumes = declareInitVolumes(store, version.id, foreseen);
  });
  return { version: record, volumes };
}

async function initBelow(
  { system, kind, top, root, volumes }: Init,
  { host, importBase, ...request }: InitRequest,
): Promise<InitializedMachine> {
  const { takeOver } = kind;
  if (takeOver === null) throw new TypeError(`${kind.name} cannot take over a root`);
  const directory = `${top}${storeName}`;
  makeStore(system, { directory, top, kind, host });
  const place: StorePlace = { system, directory, findKind: (name) => (name === kind.name ? kind : null) };
  if (readStore(place, ({ files }) => readWholeVersions(files)).length > 0) throw initialized(request.root);
  const base = importBase === null ? null : await importBase(place);
  const registered = changeStore(place, (store) => {
    if (readWholeVersions(store.files).length > 0) throw initialized(request.root);
    // An earlier run may have come as far as to move it.
    const known = storeOfRoot([{ ...root, directory: '/' }])?.branch;
    const id = known === undefined ? idOfRoot(system, base, request.root) : textOrBytes(known);
    if (known === undefined) {
      const taken = { store: storeName, subvolume: root.root, place: systemPlace('branch', id) };
      withRoot(system, textOrBytes(top), (files) => takeOver.run(files, taken));
    }
    return registerWithVolumes(store, { id, base }, volumes);
  });
  return { ...registered, store: storeName, subvolume: textOrBytes(root.root) };
}

/** An earlier run that was cut off may have made it. */
function makeStore(
  system: System,
  {
    directory,
    top,
    kind,
    host,
  }: Pick<Init, 'top' | 'kind'> & Pick<InitRequest, 'host'> & { readonly directory: ByteString },
): void {
  withRoot(system, textOrBytes(top), (files) => {
    const there = files.status(storeName);
    if (there === null) files.makeDirectory(storeName);
    else if (there.type !== 'directory') throw noPlace('it is no directory');
    else if (there.inode.device !== files.status('/')?.inode.device) {
      throw noPlace('it is on another device or in another subvolume than the root');
    } else requireOwn(files);
  });
  if (system.exists(`${textOrBytes(directory)}${storePaths.identity}`)) {
    const known = withRoot(system, textOrBytes(directory), readIdentity).host;
    if (host !== null && host !== known) throw otherHost(host, known);
    return;
  }
  createStore(system, directory, { kind, host: host ?? hostName(system) });
}

/** What an earlier run, cut off, leaves before the store is one. */
const begun: ReadonlySet<ByteString> = new Set(
  [storePaths.ledger, storePaths.identity].flatMap((path) => [path.slice(1), `${path.slice(1)}.partial`]),
);

/** All that lies in a store is trusted: it starts the machine. So nobody but root may have put anything there. */
function requireOwn(files: Files): void {
  const entry = files.entry(storeName);
  if (entry === null || entry.uid !== 0 || (entry.mode & 0o022) !== 0)
    throw noPlace('others than root can write to it');
  const names = files.list(storeName);
  if (names.includes(storePaths.identity.slice(1))) return;
  const foreign = names.find((name) => !begun.has(name));
  if (foreign !== undefined) throw noPlace(`it holds ${displayBytes(foreign)}`);
  files.setMode(storeName, 0o700);
}

/** The id of the first version; the same in every run: a branch of that name may be there already. */
export function idOfRoot(system: System, base: string | null, root: string): string {
  return versionIdOf(base ?? withRoot(system, root, (files) => suggestTag(imageFacts(files), null)), 1);
}

/** The machine has versions. */
export function initialized(root: string): Failure {
  return new Failure({
    code: 'initialized',
    kind: 'input',
    message: `${root} is in a store already`,
    advice: 'See it with migrate status',
  });
}

/** The store has another name for the machine: names of branches have it from the first of them on. */
export function otherHost(wanted: string, known: string): Failure {
  return new Failure({
    code: 'host',
    kind: 'input',
    message: `Cannot call this machine "${wanted}": an earlier migrate init has made its store, which calls it "${known}"`,
    advice: `Leave out --host, or say --host ${known}`,
  });
}

function noPlace(why: string): Failure {
  return new Failure({
    code: 'no-place',
    kind: 'input',
    message: `Cannot make the store in ${storeName} of the root's filesystem: ${why}`,
    advice: 'Move what is there away',
  });
}
