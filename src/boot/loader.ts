import type { ByteString } from '../domain/bytes.ts';
import type { System } from '../system/system.ts';

/**
 * One start of a version in the menu of a loader. Paths are from the top of the filesystem of the loader's directory,
 * with a leading slash.
 */
export type MenuEntry = {
  /** The id of the version. */
  readonly version: string;
  /** What a person reads: the version, its state and since when. */
  readonly title: string;
  readonly kernel: string;
  readonly initrds: readonly string[];
  readonly commandLine: string;
};

/** What may be started. */
export type Menu = {
  /** Every version that can start by itself, newest first. */
  readonly entries: readonly MenuEntry[];
  /** The version that starts where the state of the loader is lost; among the entries. */
  readonly good: string;
  /** The one on trial, whose starts are counted; null where none is. */
  readonly trial: MenuEntry | null;
  /** Starts that a person picks for a repair; each says what it does on its command line. */
  readonly recovery: readonly MenuEntry[];
};

/** A version on trial, as the loader has it. */
export type Trial = {
  readonly version: string;
  /** How many starts of it are left. */
  readonly tries: number;
  /** Whether the loader has given it up: it had no try left. */
  readonly failed: boolean;
};

/** Something that the next start does once. `nonce` tells this request from an older one that a loader failed to forget. */
export type OneShot = { readonly mode: string; readonly nonce: string };

/** What the loader decides by, as it reads it itself. */
export type LoaderState = {
  /** The version that starts where nothing else is asked for; null before the first one is set. */
  readonly good: string | null;
  readonly trial: Trial | null;
  readonly once: OneShot | null;
};

/** Why the loader could not keep what the product promises, and what to do. */
export type LoaderProblem = {
  /** Stable, such as `menu-missing`. */
  readonly key: string;
  /** Whether a trial must not be armed while it lasts. */
  readonly blocksTrial: boolean;
  readonly message: string;
  readonly advice: string;
  /** Whether a change of this system was cut off in the middle: setting the state again makes it whole. */
  readonly isHalfWritten?: true;
};

/** The key of what every loader finds where it cannot count: `write` and `writeMenu` are refused then. */
export const notWritableKey = 'loader-not-writable';

/**
 * A boot loader's own durable state. It decides what boots; the store is reconciled to it. Every change is on the disk
 * where the loader reads it, and has been read back, when the call returns; Failure `loader-not-written` otherwise, and
 * `loader-filesystem`, with nothing changed, where the loader could not write to the filesystem, or this machine cannot now.
 * `read`, `startFiles` and `problems` need no writable filesystem (case 72).
 */
export interface Loader {
  readonly name: string;
  /**
   * Lays down what it needs before its first state, where that is not there yet. Throws Failure `loader-directory` where that
   * would replace a file of somebody else.
   */
  install(): void;
  /** Throws Failure `loader-damaged` where nothing of it can be read. */
  read(): LoaderState;
  /** The kernels and initrds, as a menu names them, that what may be started now needs, but for repairs. */
  startFiles(): ReadonlySet<string>;
  /** Replaces what may be started. A menu without its good version is refused: Failure `loader-menu`. */
  writeMenu(menu: Menu): void;
  /** Sets the state whole: arming a trial, committing it, giving it up, asking for something once. */
  write(state: LoaderState): void;
  /** What makes a trial or a reset unsafe. */
  problems(): readonly LoaderProblem[];
}

/** Where a loader keeps what it reads: a directory on a filesystem that it can read, and write to. */
export type LoaderPlace = {
  /** As this machine has it mounted: writable for changes, and read-only where only `read` and `problems` are asked. */
  readonly directory: ByteString;
  /** The same from the top of its filesystem, with a leading slash: `/migrate`. */
  readonly path: string;
};

/** A kind of loader. */
export type LoaderKind = {
  readonly name: string;
  /** Opens it in its directory, which is there; whether it can be written to is asked at each change. */
  readonly open: (place: LoaderPlace, system: System) => Loader;
  /** Why this start of the machine was not counted as one of a version on trial; null where it was. */
  readonly whyNotCounted: (system: System) => string | null;
  /**
   * Has a version that starts by itself be started the next time, and only then; for a loader that starts a version on trial also
   * where it could not count. Throws Failure.
   */
  readonly startNext?: (system: System, version: string) => void;
};
