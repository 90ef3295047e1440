import { Failure } from '../domain/failure.ts';
import type { ByteStream, RunningDigest, Streams } from '../system/streams.ts';
import type { StreamEnd } from './messages.ts';

/** Counts a stream and digests it, piece by piece, for the message behind its end. */
export class StreamSum {
  readonly #digest: RunningDigest;
  #bytes = 0;

  constructor(streams: Pick<Streams, 'digest'>) {
    this.#digest = streams.digest('sha256');
  }

  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    this.#digest.update(piece);
  }

  end(): StreamEnd & { readonly type: 'end' } {
    const hex = Array.from(this.#digest.end(), (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0'));
    return { type: 'end', bytes: this.#bytes, sha256: hex.join('') };
  }
}

/** What comes of a stream: its pieces, and then how it ended. */
export type StreamPart = Uint8Array | StreamEnd;

/**
 * The pieces of a stream, checked when it ends. Throws Failure `stream-damaged` where what came is not what was sent, and
 * `aborted` where the other end has given it up.
 */
export async function* checkedStream(parts: AsyncIterable<StreamPart>, streams: Pick<Streams, 'digest'>): ByteStream {
  const sum = new StreamSum(streams);
  for await (const part of parts) {
    if (part instanceof Uint8Array) {
      sum.add(part);
      yield part;
      continue;
    }
    if (part.type === 'abort') {
      throw new Failure({ code: 'aborted', kind: 'failed', message: 'The sender has given the transfer up' });
    }
    const { bytes, sha256 } = sum.end();
    if (bytes !== part.bytes) throw damaged(`${bytes} bytes came, and ${part.bytes} were sent`);
    if (sha256 !== part.sha256) throw damaged('its SHA-256 is another than that of what was sent');
    return;
  }
  throw damaged('it ends before its end');
}

function damaged(why: string): Failure {
  return new Failure({ code: 'stream-damaged', kind: 'failed', message: `Cannot use the stream: ${why}` });
}
