import { Failure } from '../../domain/failure.ts';

/** Something that a restore cannot do, and what to do about it. */
export function failure(code: string, message: string, advice?: string): Failure {
  return new Failure({ code, kind: 'input', message, ...(advice === undefined ? {} : { advice }) });
}
