import type { RootLocation, StoreLocation } from '../domain/boot-request.ts';
import type { ByteString } from '../domain/bytes.ts';
import type { Candidates } from '../domain/candidates.ts';
import type { Failure } from '../domain/failure.ts';
import type { MountSource } from '../domain/mount-source.ts';
import type { MountedFilesystem } from '../domain/mountinfo.ts';
import type { RootPath } from '../domain/path.ts';
import type { NativeFormat } from '../domain/stream-format.ts';
import type { Place } from '../domain/volume.ts';
import type { ByteStream } from '../system/streams.ts';
import type { System } from '../system/system.ts';
import type { TakeOver } from './take-over.ts';

/** What a kind of storage can do. Whoever needs one of these asks for it, and never for the name of the kind. */
export type Capabilities = {
  /** Tells what changed between two objects of one lineage without comparing everything. */
  readonly nativeDiff: boolean;
  /** A tag is of one moment, also while the branch is written to. */
  readonly atomicTag: boolean;
  /**
   * A change through one name of a file is a change of all its names. Where not, the written name of a file that a tag
   * holds becomes a file of its own (overlayfs copies up one name).
   */
  readonly keepsLinks: boolean;
  /** Layers of containers can be content: whiteouts of overlayfs, and its marks (`layer-marks.ts`). */
  readonly holdsLayers: boolean;
  /** Formats of streams that it writes and reads itself, best first. Empty: its content travels as an archive. */
  readonly streams: readonly NativeFormat[];
};

/** What is left for new content, and where; `reserved` is what stays free beyond it, where something does. */
export type Room = { readonly where: string; readonly bytes: number; readonly reserved?: number };

/** Something that lies where the backend keeps objects. */
export type NativeObject = {
  readonly place: Place;
  /**
   * What `writeSidecar` was given last. Null where it was never written: the object is not ours, or was left unfinished;
   * only the ledger can tell.
   */
  readonly sidecar: string | null;
};

/**
 * Branches and tags on one kind of storage. It knows places and no ancestry; names and decisions are the store's. Every
 * call is synchronous, is durable when it returns, and throws Failure or SystemCallError. What a call left unfinished
 * has no sidecar, and `remove` removes it.
 */
export interface Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** All objects, and what else lies in their places, in the order of their names. */
  list(): readonly NativeObject[];
  /** Makes an empty branch, then its sidecar. Throws Failure `exists` where something is at the place. */
  create(place: Place, sidecar: string): void;
  /**
   * Makes a branch or tag with the content that another has now, then its sidecar. Other filesystems and nested
   * subvolumes in the source are never passed over silently: `nestedIn` names them before. Throws Failure `exists` where
   * something is at `to`, `busy` where the kind lacks `atomicTag` and `from` is a branch that is mounted, and `too-deep` where a
   * kind of layers has no room for another.
   */
  snapshot(from: Place, to: Place, sidecar: string): void;
  /**
   * What `snapshot` would throw of a branch that was changed, though nothing was mounted; null where it would throw nothing.
   * Absent where that is so of every branch that is whole.
   */
  snapshotProblem?(from: Place): Failure | null;
  /** How much branches can grow in the pool in which they lie; absent where they lie in the filesystem of the store. */
  room?(): Room;
  /** Replaces the sidecar of an object that is whole. */
  writeSidecar(place: Place, sidecar: string): void;
  /**
   * Removes the sidecar, then the object; what is not there, or was half made or half removed, too. Before it removes
   * anything it throws Failure `needed` where another object of the backend rests on it, `busy` where it is mounted, and
   * `nested` where it holds other subvolumes with content, unless these are to go too.
   */
  remove(place: Place, options?: { readonly withNested: boolean }): void;
  /**
   * Whether the content of an object stays where it is when that is removed: of a root that was there before the store, and
   * is the filesystem that the store lies in. Absent where there is no such object.
   */
  leavesContent?(place: Place): boolean;
  /** Paths in the object at which another filesystem or subvolume begins, so that a snapshot would lack what is there. */
  nestedIn(place: Place): readonly string[];
  /**
   * Hands on a directory with the content; read-only unless asked for, and a tag always. Leaves nothing mounted; where
   * `use` returns a promise, from when that is settled.
   */
  withContent<Result>(
    place: Place,
    options: { readonly writable: boolean },
    use: (directory: string) => Result,
  ): Result;
  /**
   * Mounts the content at a directory, which is made where it is missing, until `Mounts.unmount`. A tag is read-only
   * whatever is asked for.
   */
  mount(place: Place, directory: string, options: { readonly writable: boolean }): void;
  /**
   * Where the second may differ from the first, which is a tag. Null where the two share no lineage, or the kind cannot
   * tell: then they are to be compared whole.
   */
  candidates(base: Place, ours: Place): Candidates | null;
  /**
   * Tags that can be written to, since somebody has undone what makes them read-only, each with the command that does it
   * again. Absent where nothing but this program keeps a tag from being written to.
   */
  writableTags?(): readonly { readonly place: Place; readonly remedy: string }[];
  /** Where an initramfs finds the store and the object; null where it cannot boot from it. */
  bootLocation(place: Place): BootLocation | null;
  /** Null where `Capabilities.streams` is empty. */
  readonly native: NativeStreams | null;
}

/** A stream in a kind's own form, and what the object that is made of it will be recognized by. */
export type NativeStream = {
  readonly format: NativeFormat;
  /** Of btrfs: the uuid that the kernel keeps as the received one; of ZFS: the snapshot's guid. */
  readonly proof: string;
  readonly bytes: ByteStream;
};

/** Tags as streams of the kind's own. */
export interface NativeStreams {
  /**
   * The content of a tag; with `parent`, a tag too, what differs from that. Errors, among them Failure `command` with the
   * program's own words and the signal's reason, come out of the stream. Throws Failure `no-object`.
   */
  send(place: Place, options: { readonly parent: Place | null; readonly signal: AbortSignal }): NativeStream;
  /**
   * Makes a tag of a stream, then its sidecar. What does not become one is removed at once, as far as that is possible;
   * `Backend.remove` removes the rest, also while a process that was killed has left it half made. Throws Failure `exists`, `parent-missing`,
   * `no-space`, `stream-damaged` where it is no stream of that proof, and what the stream throws.
   */
  receive(
    place: Place,
    stream: NativeStream,
    options: { readonly parent: Place | null; readonly sidecar: string; readonly signal: AbortSignal },
  ): Promise<void>;
}

/** Names for a kernel command line: devices by the UUID of their filesystem, or by their own name where others share that. */
export type BootLocation = {
  readonly store: StoreLocation;
  /** What the object is started from. */
  readonly root: RootLocation;
  /** Where an initramfs finds what it holds, where that is another place. */
  readonly content?: RootLocation;
  /** What else the command line says, for the initramfs to find the root. */
  readonly words?: readonly string[];
  /** What a unit mounts, and how, where that is not the device and its part. */
  readonly source?: MountSource;
  /** Where a loader finds a file of it, from the top of the filesystem; below `root` where this is not there. */
  readonly pathOf?: (path: RootPath) => string;
};

/** Opens a kind of storage in the directory of a store; `volumes/` below it is the backend's. */
export type BackendKind = {
  readonly name: string;
  readonly capabilities: Capabilities;
  /**
   * `storeDirectory` is absolute, without links in it (`System.directory`). Throws Failure `wrong-filesystem` where its
   * filesystem is of no use to the kind. `pool` is where native objects lie; Failure `pool` where a kind that keeps them
   * below the directory is given one, or one that does not is given none, or one that is not there.
   */
  readonly open: (storeDirectory: ByteString, system: System, pool?: string) => Backend;
  /** Makes a root that is there already a branch; null where the kind cannot. */
  readonly takeOver: TakeOver | null;
  /**
   * Makes the volume of a pool that a root is mounted from a branch, where it lies, so that it starts as before. Done
   * already, it does nothing. Throws Failure `cannot-take-over`. Absent where the kind cannot.
   */
  readonly takeOverVolume?: (
    store: { readonly directory: ByteString; readonly pool: string },
    system: System,
    taken: { readonly root: MountedFilesystem; readonly place: Place },
  ) => void;
};
