import { readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { writeOutput } from './write-output.ts';

/** Whether stdout is a terminal that shows colours, which `NO_COLOR` and `TERM=dumb` deny (no-color.org). */
export function showsColors(): boolean {
  return isatty(1) && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}

/** Whether stderr is a terminal, so that a line may be written over. */
export function isInteractive(): boolean {
  return isatty(2);
}

/** Asks on stderr and reads a line from stdin; null where either is no terminal, so that nobody can answer. */
export function askPerson(): ((question: string) => string) | null {
  if (!isatty(0) || !isatty(2)) return null;
  return (question) => {
    writeOutput(2, question);
    return readLine();
  };
}

/** A terminal hands over a line at a time; at its end nothing. */
function readLine(): string {
  const buffer = Buffer.alloc(4096);
  return buffer.toString('utf8', 0, readSync(0, buffer)).trim();
}
