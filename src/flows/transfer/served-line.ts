import { Failure } from '../../domain/failure.ts';
import type { ByteStream, Conversation, Streams } from '../../system/streams.ts';
import { checkedStream, type StreamPart } from '../../transfer/checked-stream.ts';
import { dataFrames, type Frame, messageFrame, readFrames } from '../../transfer/frames.ts';
import { type Answer, type Request, requestOf } from '../../transfer/messages.ts';

/** A request names a tag and what is known of it; nothing in it is long. */
const longestRequest = 1024 * 1024;

export type LineOptions = {
  readonly signal: AbortSignal;
  /** For how many milliseconds one that is to send may say nothing. */
  readonly silence: number;
};

/** What is said to and fro, at the end that answers. */
export class ServedLine {
  readonly #conversation: Conversation;
  readonly #frames: AsyncIterator<Frame>;
  readonly #streams: Pick<Streams, 'digest'>;
  readonly #signal: AbortSignal;
  readonly #silence: number;
  /** Whether the other end has been told to send, and has not said that this was all. */
  #isUploading = false;

  constructor(conversation: Conversation, streams: Pick<Streams, 'digest'>, { signal, silence }: LineOptions) {
    this.#silence = silence;
    this.#conversation = conversation;
    this.#frames = readFrames(conversation.input, longestRequest);
    this.#streams = streams;
    this.#signal = signal;
  }

  async say(answer: Answer): Promise<void> {
    await this.#conversation.write(messageFrame(answer));
  }

  async send(piece: Uint8Array): Promise<void> {
    for (const frame of dataFrames(piece)) await this.#conversation.write(frame);
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

  async #part(): Promise<StreamPart> {
    const frame = await this.#nextSoon();
    if (frame === null) throw gone();
    if (frame.kind === 'data') return frame.bytes;
    const request = requestOf(frame.text);
    if (request.type !== 'end' && request.type !== 'abort') throw unexpected(request.type);
    this.#isUploading = false;
    return request;
  }

  /** Where a link is cut nothing ends the connection for hours, and so long nobody else could send what was begun. */
  async #nextSoon(): Promise<Frame | null> {
    const { promise: never, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(silent(this.#silence)), this.#silence);
    try {
      return await Promise.race([this.#next(), never]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #next(): Promise<Frame | null> {
    try {
      const { done, value } = await this.#frames.next();
      return done === true ? null : value;
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

function silent(milliseconds: number): Failure {
  const message = `The other end has said nothing for ${milliseconds / 1000} seconds in the middle of a stream`;
  return new Failure({ code: 'bad-frame', kind: 'failed', message });
}

function unexpected(type: string): Failure {
  return new Failure({ code: 'bad-frame', kind: 'failed', message: `"${type}" came in the middle of a stream` });
}
