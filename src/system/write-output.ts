import { writeSync } from 'node:fs';
import { errorCode } from '../domain/failure.ts';
import { sleep } from './sleep.ts';

/**
 * Writes to stdout or stderr at once and whole: what the console shows last is what happened last, also when the process
 * is killed. A reader that has gone away, such as `head`, is no failure of ours, and must not stop a migration either.
 */
export function writeOutput(descriptor: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EPIPE') return;
      // A pipe that whoever started us made non-blocking, and that is full.
      if (code !== 'EAGAIN') throw error;
      sleep(10);
    }
  }
}
