import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import type { Hooks, Limits, Meter } from './limits.ts';
import type { TreeWriter } from './tree-writer.ts';
import type { TrustOptions, Verified } from './trust/expectation.ts';

export type UnpackOptions = TrustOptions & {
  readonly limits: Limits;
  /** A directory on a disk: what is fetched, or may not change while it is read, lies below it meanwhile. */
  readonly scratch: string;
};

/** What the unpacking of one image works with. */
export type Job = {
  readonly system: System;
  readonly into: Files;
  readonly writer: TreeWriter;
  readonly meter: Meter;
  readonly options: UnpackOptions;
  readonly hooks: Hooks;
};

/** What became of it. */
export type Done = Verified & {
  /** What no image can hold: sockets in a directory. */
  readonly leftOut: readonly RootPath[];
};
