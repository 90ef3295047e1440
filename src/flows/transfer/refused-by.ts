import { Failure } from '../../domain/failure.ts';
import type { Peer, Refusal } from '../../transfer/peer.ts';

/** What another store has refused, in its own words. */
export function refusedBy({ hello }: Peer, { code, message, advice }: Refusal): Failure {
  return new Failure({
    code,
    kind: 'failed',
    message: `${hello.host} refuses: ${message}`,
    ...(advice === null ? {} : { advice }),
  });
}
