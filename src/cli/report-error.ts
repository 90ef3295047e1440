import { errorCode, Failure, SystemCallError } from '../domain/failure.ts';
import { type Console, type ExitCode, exitCodes } from './console.ts';

/** What the kernel's names of errors mean to a person; the others speak for themselves. */
const meanings: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the quota is used up',
  EIO: 'input/output error of the device',
  EMFILE: 'too many open files',
  ENOSPC: 'no space left on the filesystem',
  EPERM: 'not permitted',
  EROFS: 'the filesystem is read-only',
};

/** Says on stderr what went wrong, one line and one of advice; returns the exit code. */
export function reportError(error: unknown, console: Console): ExitCode {
  // Progress stands on the last line of the terminal.
  const start = console.interactive ? '\r\u001b[K' : '';
  const { message, advice } = sentenceOf(error);
  console.err(`${start}migrate: ${message}\n${advice === null ? '' : `  ${advice}\n`}`);
  return error instanceof Failure && error.kind === 'input' ? exitCodes.badInput : exitCodes.failed;
}

function sentenceOf(error: unknown): { readonly message: string; readonly advice: string | null } {
  if (error instanceof Failure) return error;
  if (error instanceof SystemCallError) {
    const { call, path, code } = error;
    return { message: `Cannot ${call} ${path}: ${meaningOf(code)}`, advice: adviceFor(code) };
  }
  const code = errorCode(error);
  if (error instanceof Error && code !== null) return { message: error.message, advice: adviceFor(code) };
  // A defect of this program: whoever mends it needs the stack.
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), advice: null };
}

function meaningOf(code: string): string {
  const meaning = meanings[code];
  return meaning === undefined ? code : `${meaning} (${code})`;
}

function adviceFor(code: string): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'Make room there and run it again; the old system is unchanged';
  return 'The old system is unchanged; mend the cause and run it again';
}
