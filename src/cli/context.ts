import type { StorageKinds } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import type { Console, ExitCode } from './console.ts';

/** What every command is given. */
export type Context = StorageKinds & {
  readonly system: System;
  readonly console: Console;
  /** Sets the exit code; the last call counts. */
  readonly finish: (code: ExitCode) => void;
};
