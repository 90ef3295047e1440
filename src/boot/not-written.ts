import { Failure, SystemCallError } from '../domain/failure.ts';

/** Turns what the kernel refuses while a loader's state is written into the failure that callers know. */
export function asWritten(loader: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (error instanceof SystemCallError) throw notWritten(loader, error.message, error);
    throw error;
  }
}

/** What was to be set is not on the disk. */
export function notWritten(loader: string, why: string, cause?: SystemCallError): Failure {
  return new Failure({
    code: 'loader-not-written',
    kind: 'failed',
    message: `Cannot set what ${loader} starts: ${why}`,
    advice: 'The disk may be failing: see the log of the kernel',
    cause,
  });
}
