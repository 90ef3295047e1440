import type { ByteString } from '../domain/bytes.ts';
import type { Commands } from './commands.ts';
import type { OpenConsoles } from './consoles.ts';
import type { OpenRoot } from './files.ts';
import type { Mounts } from './mounts.ts';
import type { LimitedOptions, LimitedRun } from './run-limited.ts';
import type { Streams } from './streams.ts';
import type { Subvolumes } from './subvolume.ts';
import type { Supervised } from './supervise.ts';

/** Everything outside the program, as flows are given it. */
export type System = {
  readonly openRoot: OpenRoot;
  /** Thirty-two random hexadecimal digits. */
  readonly newUuid: () => string;
  /** The time of the clock in ISO 8601, for people only: no order follows from it. */
  readonly now: () => string;
  /** SHA-256 of bytes, lower-case hexadecimal. */
  readonly digest: (bytes: ByteString) => string;
  /** The content of a file with the compression off that the ending of its name tells; see `decompress`. */
  readonly decompress: (name: ByteString, content: ByteString) => ByteString | null;
  /** Packs bytes by zstd, for a file whose name ends in `.zst`. */
  readonly compress: (content: ByteString) => ByteString;
  readonly commands: Commands;
  readonly mounts: Mounts;
  readonly subvolumes: Subvolumes;
  readonly streams: Streams;
  /** Runs something long that the usual signals can stop; see `interruptible`. */
  readonly interruptible: <Result>(run: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;
  /** The release of the running kernel, such as `6.12.57+deb13-cloud-amd64`. */
  readonly kernelRelease: string;
  /** Writes a file of this machine whole, with the directories above it; not durable. */
  readonly writeFile: (path: string, content: ByteString) => void;
  /** Hands on a new empty directory that only root may enter, and removes it with all in it, whatever happens. */
  readonly withTemporaryDirectory: <Result>(use: (directory: string) => Result) => Result;
  /** The home directory of who runs this. */
  readonly home: () => string;
  /**
   * Whether something is at a path of this machine, a link that leads nowhere included. Throws Failure `unreadable` where that
   * cannot be told.
   */
  readonly exists: (path: string) => boolean;
  /**
   * Starts reading from the disk what is needed to look at a path of this machine later; whether that is there is not told.
   * The caller knows that all above it are directories: a link among them would be followed.
   */
  readonly lookAhead: (path: ByteString) => void;
  /** The bytes of a file of this machine. Throws Failure `unreadable`, naming it. */
  readonly readFile: (path: string) => ByteString;
  /** What a link of this machine says; null where that cannot be told. */
  readonly linkTarget: (path: string) => ByteString | null;
  /** The absolute path of a directory of this machine with its links resolved. Throws Failure `no-directory`. */
  readonly directory: (path: string) => ByteString;
  /** The absolute path of anything on this machine with its links resolved. Throws Failure `unreadable`, naming it. */
  readonly resolve: (path: string) => ByteString;
  /** The program and the arguments that start this program anew. */
  readonly selfCommand: readonly [string, ...string[]];
  /** Runs this program again with other arguments, in a process of its own that is watched (see `supervise`). */
  readonly superviseSelf: (args: readonly string[], silentSeconds: number) => Promise<Supervised>;
  /**
   * Runs a program to its end or to the limit, with nothing on its stdin. However it ends, it and all processes of its group
   * are killed then; those that have left the group are not. Failing is no error here. Throws the signal's reason.
   */
  readonly runLimited: (program: string, args: readonly string[], options: LimitedOptions) => Promise<LimitedRun>;
  /** Waits that many seconds of a clock that nobody sets. Throws the signal's reason. */
  readonly pause: (seconds: number, signal: AbortSignal) => Promise<void>;
  /** Writes a line to the kernel's log, which the booted system keeps. */
  readonly logToKernel: (line: string) => void;
  /** The kernel's consoles, for what asks a person before there is a system. */
  readonly openConsoles: OpenConsoles;
  /** Tells the supervisor that the work goes on. */
  readonly signOfProgress: () => void;
  /** Whether the program runs as root. */
  readonly isRoot: boolean;
};
