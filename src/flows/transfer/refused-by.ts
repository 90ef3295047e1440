import { Failure } from '../../domain/failure.ts';
import type { Peer, Refusal } from '../../transfer/peer.ts';

/** Why a store takes nothing, said before it is asked. */
export const readOnlyRefusal: Refusal = {
  code: 'denied',
  message: 'The store is served read-only: it takes nothing',
  advice: 'Ask who keeps it for a key that may write',
};

/** Why a store takes nothing of a volume, by the name that it has there. */
export function otherVolume(name: string): Refusal {
  const message = `The volume ${name} is none of those that this key is for`;
  return { code: 'denied', message, advice: 'Ask who keeps the store for a key that may write to it' };
}

/** What another store has refused, in its own words. */
export function refusedBy({ hello }: Peer, { code, message, advice }: Refusal): Failure {
  return new Failure({
    code,
    kind: 'failed',
    message: `${hello.host} refuses: ${message}`,
    ...(advice === null ? {} : { advice }),
  });
}
