import { Failure } from '../../domain/failure.ts';
import type { ByteStream, Conversation, Streams } from '../../system/streams.ts';
import { checkedStream, type StreamPart } from '../../transfer/checked-stream.ts';
import { aliveFrame, dataFrames, messageFrame } from '../../transfer/frames.ts';
import { Hearing, type Said } from '../../transfer/hearing.ts';
import { type Answer, type Request, requestOf } from '../../transfer/messages.ts';
import { type Patience, startPulse } from '../../transfer/patience.ts';

/** A request names a tag and what is known of it; nothing in it is long. */
const longestRequest = 1024 * 1024;

/** One that is to send, or to take what is sent, is given up where it says nothing for too long. */
export type LineOptions = { readonly signal: AbortSignal; readonly patience: Patience };

/** What is said to and fro, at the end that answers. */
export class ServedLine {
  readonly #conversation: Conversation;
  readonly #hearing: Hearing;
  readonly #streams: Pick<Streams, 'digest'>;
  readonly #signal: AbortSignal;
  readonly #patience: Patience;
  /** Whether the other end has been told to send, and has not said that this was all. */
  #isUploading = false;

  constructor(conversation: Conversation, streams: Pick<Streams, 'digest'>, { signal, patience }: LineOptions) {
    this.#patience = patience;
    this.#conversation = conversation;
    this.#hearing = new Hearing(conversation.input, { ...patience, longest: longestRequest });
    this.#streams = streams;
    this.#signal = signal;
  }

  async say(answer: Answer): Promise<void> {
    await this.#conversation.write(messageFrame(answer));
  }

  /** Sends a piece of what was asked for; one that takes it slowly says meanwhile that it is still there. */
  async send(piece: Uint8Array): Promise<void> {
    this.#hearing.listen();
    for (const frame of dataFrames(piece)) await this.#hearing.whileHeard(this.#conversation.write(frame));
  }

  /** Says, while something is done for the other end, that this one is still there. */
  async whileAlive<Result>(work: () => Promise<Result>): Promise<Result> {
    const stop = startPulse(this.#patience.pulse, () => this.#conversation.write(aliveFrame()));
    try {
      return await work();
    } finally {
      stop();
    }
  }

  /** The next request; null where no more comes. What is none is refused, and the next one read. */
  async request(): Promise<Request | null> {
    for (;;) {
      const frame = await this.#next();
      if (frame === null) return null;
      try {
        if (frame.kind === 'message') return requestOf(frame.text);
        throw new Failure({ code: 'bad-request', kind: 'failed', message: 'Data came that was not asked for' });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        await this.say({ type: 'refused', refusal: { code: 'bad-request', message: error.message, advice: null } });
      }
    }
  }

  /** Tells the other end to send, and hands on what it sends. */
  async *upload(): ByteStream {
    this.#isUploading = true;
    await this.say({ type: 'go' });
    yield* checkedStream(this.#parts(), this.#streams);
  }

  /** Reads what still comes of a stream that was refused. */
  async skipRest(): Promise<void> {
    while (this.#isUploading) await this.#part();
  }

  async *#parts(): AsyncGenerator<StreamPart> {
    while (this.#isUploading) yield await this.#part();
  }

  /** Where a link is cut nothing ends the connection for hours, and so long nobody else could send what was begun. */
  async #part(): Promise<StreamPart> {
    const frame = await this.#hearing.whileHeard(this.#next());
    if (frame === null) throw gone();
    if (frame.kind === 'data') return frame.bytes;
    const request = requestOf(frame.text);
    if (request.type !== 'end' && request.type !== 'abort') throw unexpected(request.type);
    this.#isUploading = false;
    return request;
  }

  async #next(): Promise<Said | null> {
    try {
      return await this.#hearing.next();
    } catch (error) {
      this.#signal.throwIfAborted();
      throw error;
    }
  }
}

/** Of the same code as what cannot be read: nobody is there to be answered. */
function gone(): Failure {
  return new Failure({ code: 'bad-frame', kind: 'failed', message: 'The other end is gone in the middle of a stream' });
}

function unexpected(type: string): Failure {
  return new Failure({ code: 'bad-frame', kind: 'failed', message: `"${type}" came in the middle of a stream` });
}
