import type { ChangeSource } from './change-source.ts';
import type { NewRootKind } from './new-root.ts';

/** The kinds of storage there are, by what each can do. */
export type StorageKinds = {
  /** Those that a new root can be made on. */
  readonly newRoots: readonly NewRootKind[];
  /** Those that know what was changed. */
  readonly changeSources: readonly ChangeSource[];
};
