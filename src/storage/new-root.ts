import type { BootRequest } from '../domain/boot-request.ts';
import type { System } from '../system/system.ts';

/** A root that is being made, and is not what `root=` names until it is committed. */
export interface NewRoot {
  /** Whether a run that an earlier boot left unfinished can be gone on with; else it is thrown away. */
  readonly resumes: boolean;
  /** Whether what `root=` names is there. Throws Failure where that cannot be told. */
  isCommitted(): boolean;
  /** Makes the new image's content ready to be changed, and mounts it. Returns its directory. */
  open(): string;
  /** Mounts what there is to look at, read-only: the result where it is committed, else the pristine image. */
  openReadOnly(): string;
  /** Unmounts, and lets `root=` find the result; durable when it returns. */
  commit(): void;
  /** Unmounts what `openReadOnly` mounted. */
  close(): void;
  /** Unmounts, and throws away what is not committed where that is possible. */
  discard(): void;
}

/** A kind of storage that a new root can be made on. */
export type NewRootKind = {
  readonly name: string;
  /** Whether this kind serves the request. */
  readonly serves: (request: BootRequest) => boolean;
  /** A kind whose code few boots need loads it here. */
  readonly prepare: (request: BootRequest, workDirectory: string, system: System) => NewRoot | Promise<NewRoot>;
};
