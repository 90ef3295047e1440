import { type ByteString, bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { type MountedFilesystem, mountsOf } from '../../domain/mountinfo.ts';
import { storeOfRoot } from '../../domain/store-of-root.ts';
import { type VersionRecord, versionIdOf } from '../../domain/version.ts';
import { imageFacts } from '../../images/image-facts.ts';
import { suggestTag } from '../../images/suggest-tag.ts';
import type { BackendKind } from '../../storage/backend.ts';
import type { StoreKind } from '../../storage/storage-kinds.ts';
import { createStore } from '../../store/create-store.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import { storePaths } from '../../store/store-files.ts';
import type { System } from '../../system/system.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { loadKind } from '../place-of-store.ts';
import { hostName } from '../volumes/create-store.ts';
import { withRoot } from '../with-root.ts';
import { kernelOf } from './boot-of-version.ts';
import { systemPlace } from './change-version.ts';
import { registerRoot } from './register-root.ts';

export type InitRequest = {
  /** The root that is to become the first version; `/` for the one that runs. */
  readonly root: string;
  /** What the machine is to be called in names of branches; else its host name. */
  readonly host: string | null;
  readonly storeKinds: readonly StoreKind[];
  /** Brings the image that the root was made from into the store and gives its tag; null where that is gone. */
  readonly importBase: ((place: StorePlace) => Promise<string>) | null;
};

export type InitializedMachine = {
  readonly version: VersionRecord;
  /** The store from the top of the root's filesystem. */
  readonly store: string;
  /** The name that the root had there; it goes on leading to it. */
  readonly subvolume: string;
};

/** In the top of the filesystem, beside the subvolumes that are there already. */
const storeName = '/migrate';

/**
 * Puts a machine under a store: its root subvolume becomes a branch of the volume `system` and its first version, which
 * is good. Whether done or interrupted, the machine starts as before; interrupted, it can be done again. Throws Failure
 * `initialized`, `wrong-filesystem`, `no-place`, `cannot-boot`, `cannot-take-over` and those of importing an image.
 */
export async function initMachine(system: System, request: InitRequest): Promise<InitializedMachine> {
  const root = rootMount(system, mountsOf(system.readFile('/proc/self/mountinfo')), request.root);
  withRoot(system, request.root, kernelOf);
  const kind = await loadKind(request.storeKinds, root.filesystem);
  const device = { device: textOrBytes(root.source), subvolume: null };
  const { mounts } = system;
  return mounts.withMounted(
    (top) => mounts.mount(device, top, { writable: true, top: true }),
    { writable: true },
    (top) => initBelow({ system, kind, top: bytesOfText(top), root }, request),
  );
}

function rootMount({ directory }: System, mounts: readonly MountedFilesystem[], path: string): MountedFilesystem {
  const root = mounts.findLast((mount) => mount.directory === directory(path));
  if (root?.filesystem === 'btrfs' && root.root !== '/') return root;
  throw new Failure({
    code: 'wrong-filesystem',
    kind: 'input',
    message: `Cannot put ${path} into a store: ${whatIs(root)}`,
    advice: 'The root has to be a subvolume of its own, such as @rootfs',
  });
}

function whatIs(root: MountedFilesystem | undefined): string {
  if (root === undefined) return 'nothing is mounted there';
  if (root.filesystem !== 'btrfs') return `it is on ${root.filesystem}, and has to be on btrfs`;
  return 'it is the top of its btrfs filesystem, which cannot be moved';
}

type Init = {
  readonly system: System;
  readonly kind: BackendKind;
  /** Where the top of the root's filesystem is mounted. */
  readonly top: ByteString;
  readonly root: MountedFilesystem;
};

async function initBelow(
  { system, kind, top, root }: Init,
  { host, importBase, ...request }: InitRequest,
): Promise<InitializedMachine> {
  const { takeOver } = kind;
  if (takeOver === null) throw new TypeError(`${kind.name} cannot take over a root`);
  const directory = `${top}${storeName}`;
  makeStore(system, { directory, top, kind, host });
  const place: StorePlace = { system, directory, findKind: (name) => (name === kind.name ? kind : null) };
  if (readStore(place, ({ files }) => readWholeVersions(files)).length > 0) throw initialized(request.root);
  const base = importBase === null ? null : await importBase(place);
  const version = changeStore(place, (store) => {
    if (readWholeVersions(store.files).length > 0) throw initialized(request.root);
    // An earlier run may have come as far as to take it over.
    const known = storeOfRoot([{ ...root, directory: '/' }])?.branch;
    const id = known === undefined ? idOfRoot(system, base, request.root) : textOrBytes(known);
    if (known === undefined) {
      const taken = { store: storeName, subvolume: root.root, place: systemPlace('branch', id) };
      withRoot(system, textOrBytes(top), (files) => takeOver(files, taken));
    }
    return registerRoot(store, id, base);
  });
  return { version, store: storeName, subvolume: textOrBytes(root.root) };
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
    }
  });
  if (system.exists(`${textOrBytes(directory)}${storePaths.identity}`)) return;
  createStore(system, directory, { kind, host: host ?? hostName(system) });
}

/** The same in every run: a branch of that name may be there already. */
function idOfRoot(system: System, base: string | null, root: string): string {
  return versionIdOf(base ?? withRoot(system, root, (files) => suggestTag(imageFacts(files), null)), 1);
}

function initialized(root: string): Failure {
  return new Failure({
    code: 'initialized',
    kind: 'input',
    message: `${root} is in a store already`,
    advice: 'See it with migrate status',
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
