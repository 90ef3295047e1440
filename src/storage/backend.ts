import type { RootLocation, StoreLocation } from '../domain/boot-request.ts';
import type { ByteString } from '../domain/bytes.ts';
import type { Candidates } from '../domain/candidates.ts';
import type { Place } from '../domain/volume.ts';
import type { System } from '../system/system.ts';
import type { TakeOver } from './take-over.ts';

/** What a kind of storage can do. Whoever needs one of these asks for it, and never for the name of the kind. */
export type Capabilities = {
  /** Tells what changed between two objects of one lineage without comparing everything. */
  readonly nativeDiff: boolean;
  /** A tag is of one moment, also while the branch is written to. */
  readonly atomicTag: boolean;
  /** A branch or tag costs neither time nor space that grows with its content. */
  readonly cheapBranch: boolean;
  /** Sends what differs between two tags in a form of its own. */
  readonly incrementalSend: boolean;
  /**
   * A change through one name of a file is a change of all its names. Where not, the written name of a file that a tag
   * holds becomes a file of its own (overlayfs copies up one name).
   */
  readonly keepsLinks: boolean;
  /** `root=` and `rootflags=` alone boot a branch; else a generator in the initramfs assembles it. */
  readonly bootsDirectly: boolean;
};

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
  /** Replaces the sidecar of an object that is whole. */
  writeSidecar(place: Place, sidecar: string): void;
  /**
   * Removes the sidecar, then the object; what is not there, or was half made or half removed, too. Before it removes
   * anything it throws Failure `needed` where another object of the backend rests on it, `busy` where it is mounted, and
   * `nested` where it holds other subvolumes with content.
   */
  remove(place: Place): void;
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
  /** Where an initramfs finds the store and the object; null where it cannot boot from it (`bootsDirectly`). */
  bootLocation(place: Place): BootLocation | null;
}

/** Names for a kernel command line: devices by the UUID of their filesystem. */
export type BootLocation = { readonly store: StoreLocation; readonly root: RootLocation };

/** Opens a kind of storage in the directory of a store; `volumes/` below it is the backend's. */
export type BackendKind = {
  readonly name: string;
  readonly capabilities: Capabilities;
  /**
   * `storeDirectory` is absolute, without links in it (`System.directory`). Throws Failure `wrong-filesystem` where its
   * filesystem is of no use to the kind.
   */
  readonly open: (storeDirectory: ByteString, system: System) => Backend;
  /** Makes a root that is there already a branch; null where the kind cannot. */
  readonly takeOver: TakeOver | null;
};
