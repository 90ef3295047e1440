import { writeSync } from 'node:fs';
import { errorCode } from '../domain/failure.ts';

/** The environment variable by which a supervisor says that it listens, and on which file descriptor. */
export const progressVariable = 'MIGRATE_PROGRESS_FD';

/** One byte to the supervisor; nothing where there is none. */
export function signOfProgress(): void {
  const descriptor = process.env[progressVariable];
  if (descriptor === undefined) return;
  try {
    writeSync(Number(descriptor), '.');
  } catch (error) {
    // The supervisor has gone: there is nobody to tell.
    if (errorCode(error) !== 'EPIPE') throw error;
  }
}
