import type { ByteString } from '../domain/bytes.ts';

/** What a command printed. */
export type CommandOutput = { readonly stdout: string; readonly stderr: string };

export type CommandOptions = {
  readonly input?: ByteString;
  readonly bytes?: true;
  /** The whole environment of the program, in place of this one's; its PATH finds the program. */
  readonly environment?: Readonly<Record<string, string>>;
};

/** Runs programs of this machine: argument arrays only, never a shell. */
export interface Commands {
  /**
   * Runs a program to its end and returns what it printed. Throws Failure `command` with the arguments, how it ended and
   * the last of its stderr where it cannot be started, is killed or exits with anything but 0. With `bytes` stdout is a
   * ByteString, whole; otherwise it is text without the newline at its end.
   */
  run(program: string, args: readonly string[], options?: CommandOptions): CommandOutput;
  /**
   * What a program writes to its output, in pieces, each valid until the next; nothing is kept. Neither how it ends nor
   * whether it could be started is told: what it writes has to say where it is whole. It is ended where the reading stops.
   */
  pieces(program: string, args: readonly string[]): Iterable<Uint8Array>;
  /** Whether a program of that name is on the PATH. */
  has(program: string): boolean;
}
