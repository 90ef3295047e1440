import type { BackendKind } from './backend.ts';
import type { ChangeSource } from './change-source.ts';
import type { NewRootKind } from './new-root.ts';

/** A kind of storage that a store can be on, loaded when a store is opened: most commands never do. */
export type StoreKind = { readonly name: string; readonly load: () => Promise<BackendKind> };

/** The kinds of storage there are, by what each can do. */
export type StorageKinds = {
  /** Those that a new root can be made on. */
  readonly newRoots: readonly NewRootKind[];
  /** Those that know what was changed. */
  readonly changeSources: readonly ChangeSource[];
  /** Those that a store of volumes, branches and tags can be on. */
  readonly storeKinds: readonly StoreKind[];
};
