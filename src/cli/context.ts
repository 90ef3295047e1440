import type { NewRootKind } from '../storage/new-root.ts';
import type { System } from '../system/system.ts';
import type { Console, ExitCode } from './console.ts';

/** What every command is given. */
export type Context = {
  readonly system: System;
  readonly console: Console;
  /** The kinds of storage that a new root can be made on. */
  readonly newRoots: readonly NewRootKind[];
  /** Sets the exit code; the last call counts. */
  readonly finish: (code: ExitCode) => void;
};
