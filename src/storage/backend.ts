import type { Candidates } from '../domain/candidates.ts';
import type { Place } from '../domain/volume.ts';

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
   * subvolumes in the source are never passed over silently: `nestedIn` names them before.
   */
  snapshot(from: Place, to: Place, sidecar: string): void;
  /** Replaces the sidecar of an object that is whole. */
  writeSidecar(place: Place, sidecar: string): void;
  /**
   * Removes the sidecar, then the object; what is not there, or was half made or half removed, too. Throws Failure
   * `needed` where another object of the backend rests on it, and `busy` where it is mounted.
   */
  remove(place: Place): void;
  /** Paths in the object at which another filesystem or subvolume begins, so that a snapshot would lack what is there. */
  nestedIn(place: Place): readonly string[];
  /** Hands on a directory with the content; read-only unless asked for, and a tag always. Leaves nothing mounted. */
  withContent<Result>(
    place: Place,
    options: { readonly writable: boolean },
    use: (directory: string) => Result,
  ): Result;
  /** Mounts the content at a directory until it is unmounted. */
  mount(place: Place, directory: string, options: { readonly writable: boolean }): void;
  /**
   * Where the second may differ from the first, which is a tag. Null where the two share no lineage, or the kind cannot
   * tell: then they are to be compared whole.
   */
  candidates(base: Place, ours: Place): Candidates | null;
}

/** Opens a kind of storage in the directory of a store; `volumes/` below it is the backend's. */
export type BackendKind = {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Throws Failure `wrong-filesystem` where the directory's filesystem is of no use to it. */
  readonly open: (storeDirectory: string) => Backend;
};
