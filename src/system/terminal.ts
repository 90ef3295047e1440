import { fstatSync, readSync } from 'node:fs';
import { writeOutput } from './write-output.ts';

/** Whether stdout is a terminal that shows colours, which `NO_COLOR` and `TERM=dumb` deny (no-color.org). */
export function showsColors(): boolean {
  return isTerminal(1) && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}

/** Whether stderr is a terminal, so that a line may be written over. */
export function isInteractive(): boolean {
  return isTerminal(2);
}

/** Asks on stderr and reads a line from stdin; null where either is no terminal, so that nobody can answer. */
export function askPerson(): ((question: string) => string) | null {
  if (!isTerminal(0) || !isTerminal(2)) return null;
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

/** /dev/null, as stat(2) tells it (Documentation/admin-guide/devices.txt: 1, 3): what services and scripts have. */
const nullDevice = 0x103;

/** Node has the module for it load all of networking, so that it is asked only of what may be one. */
function isTerminal(descriptor: 0 | 1 | 2): boolean {
  const status = fstatSync(descriptor);
  if (!status.isCharacterDevice() || status.rdev === nullDevice) return false;
  return process.getBuiltinModule('node:tty').isatty(descriptor);
}
