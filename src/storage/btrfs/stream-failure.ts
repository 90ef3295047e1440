import { Failure } from '../../domain/failure.ts';

/** A send stream that cannot be made sense of. */
export function streamFailure(why: string): Failure {
  return new Failure({ code: 'send-stream', kind: 'failed', message: `Cannot read the btrfs send stream: ${why}` });
}
