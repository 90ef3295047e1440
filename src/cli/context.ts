import type { LoaderChoice } from '../boot/loader-choice.ts';
import type { StorageKinds } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import type { Console, ExitCode } from './console.ts';

/** What every command is given. */
export type Context = StorageKinds & {
  /** The boot loaders there are. */
  readonly loaderKinds: readonly LoaderChoice[];
  readonly system: System;
  readonly console: Console;
  /** The version of this program. */
  readonly version: string;
  /** Sets the exit code; the last call counts. */
  readonly finish: (code: ExitCode) => void;
};
