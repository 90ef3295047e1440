import { errorCode, Failure } from '../domain/failure.ts';
import type { Uuid } from '../domain/volume.ts';
import type { ByteStream, Conversation, Streams } from '../system/streams.ts';
import { checkedStream, type StreamPart, StreamSum } from './checked-stream.ts';
import { aliveFrame, dataFrames, messageFrame } from './frames.ts';
import { Hearing, type Said } from './hearing.ts';
import { type Answer, answerOf, type Request, transferSchema } from './messages.ts';
import { askingPatience, type Patience, startPulse } from './patience.ts';
import type { GetAnswer, GetRequest, Peer, PeerHello, PeerVolume, PutAnswer, PutRequest } from './peer.ts';

export type Connection = {
  readonly streams: Pick<Streams, 'digest' | 'converse'>;
  /** The program to start and its arguments: `ssh …`, or `migrate serve …` on this machine. */
  readonly command: readonly [string, ...string[]];
  readonly signal: AbortSignal;
  readonly patience?: Patience;
};

/**
 * Starts a program that answers as a peer does, and greets it. Throws Failure `connection` with that program's words
 * where it does not, `peer-version` where it speaks in another way, and the signal's reason.
 */
export async function connectPeer({ streams, command, signal, patience = askingPatience }: Connection): Promise<Peer> {
  const [name, ...args] = command;
  const stop = new AbortController();
  const conversation = streams.converse(name, args, { signal: AbortSignal.any([signal, stop.signal]) });
  const line = new Line(conversation, { signal, patience });
  try {
    await line.say({ type: 'hello', schema: transferSchema });
    const hello = await line.answer('hello');
    requireSchema(hello);
    const { type: _, ...facts } = hello;
    return new RemotePeer(line, facts, { streams, stop });
  } catch (error) {
    stop.abort();
    throw error;
  }
}

function requireSchema({ schema, program }: PeerHello): void {
  if (schema === transferSchema) return;
  throw new Failure({
    code: 'peer-version',
    kind: 'failed',
    message: `Cannot talk with the other end: it speaks ${schema} (migrate ${program}), and this program ${transferSchema}`,
    advice: 'Bring both ends to the same version of migrate',
  });
}

/** What is said to and fro, one message at a time. */
class Line {
  readonly #conversation: Conversation;
  readonly #hearing: Hearing;
  readonly #signal: AbortSignal;
  readonly #patience: Patience;
  /** Whether the other end has answered: before that there is nothing that could be lost. */
  #isReached = false;

  constructor(conversation: Conversation, { signal, patience }: Pick<Required<Connection>, 'signal' | 'patience'>) {
    this.#conversation = conversation;
    this.#patience = patience;
    this.#hearing = new Hearing(conversation.input, patience);
    this.#signal = signal;
  }

  async say(request: Request): Promise<void> {
    await this.#write(messageFrame(request));
  }

  async send(piece: Uint8Array): Promise<void> {
    for (const frame of dataFrames(piece)) await this.#write(frame);
  }

  /** Says again and again, until the function that is returned is called, that this end is still there. */
  startPulse(): () => void {
    return startPulse(this.#patience.pulse, () => this.#conversation.write(aliveFrame()));
  }

  /** What is said next. Throws Failure `connection` where that is nothing. */
  async next(): Promise<Said> {
    const next = this.#hearing.whileHeard(this.#hearing.next());
    return (await next.catch((error: unknown) => this.#lost(error))) ?? (await this.#lost(null));
  }

  async message(): Promise<Answer> {
    const frame = await this.next();
    const answer = frame.kind === 'message' ? answerOf(frame.text) : null;
    this.#isReached ||= answer !== null;
    return answer ?? (await this.#lost(unexpected()));
  }

  /** An answer of that type; a refusal is thrown as its Failure. */
  async answer<Type extends Answer['type']>(type: Type): Promise<Extract<Answer, { readonly type: Type }>> {
    const answer = await this.message();
    if (answer.type === 'refused') throw refusalFailure(answer.refusal);
    if (answer.type !== type) return await this.#lost(unexpected());
    return answer as Extract<Answer, { readonly type: Type }>;
  }

  /** The parts of a stream, up to its end. */
  async *parts(): AsyncGenerator<StreamPart> {
    for (;;) {
      const frame = await this.next();
      if (frame.kind === 'data') {
        yield frame.bytes;
        continue;
      }
      const answer = answerOf(frame.text);
      if (answer?.type === 'refused') throw refusalFailure(answer.refusal);
      if (answer?.type !== 'end' && answer?.type !== 'abort') await this.#lost(unexpected());
      else yield answer;
      return;
    }
  }

  /** Waits until the other end is gone; what it still says counts for nothing. */
  async close(): Promise<void> {
    this.#conversation.end();
    while ((await this.#hearing.next()) !== null);
    await this.#conversation.ended();
  }

  /** The same for one that has been stopped. */
  async ended(): Promise<void> {
    await this.#conversation.ended().catch(() => undefined);
  }

  unexpected(): Promise<never> {
    return this.#lost(unexpected());
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#conversation.write(bytes);
    } catch (error) {
      if (errorCode(error) !== 'closed') throw error;
      await this.#lost(error);
    }
  }

  /** Why nothing more comes: by the words of the program that should have gone on, where it has any. */
  async #lost(error: unknown): Promise<never> {
    this.#signal.throwIfAborted();
    this.#conversation.end();
    let why = error instanceof Failure && error.code !== 'closed' ? error.message : 'the other end has ended it';
    if (errorCode(error) === null || errorCode(error) === 'closed') {
      await this.#conversation.ended().catch((failure: unknown) => {
        if (failure instanceof Failure) why = failure.message;
      });
    }
    this.#signal.throwIfAborted();
    const [what, advice] = this.#isReached
      ? ['The connection to the other store is lost', 'Run it again: what was not whole there counts for nothing']
      : ['Cannot reach the other store', 'See with migrate remote ls where it is meant to be'];
    throw new Failure({ code: 'connection', kind: 'failed', message: `${what}: ${why}`, advice, cause: error });
  }
}

function unexpected(): Failure {
  return new Failure({ code: 'unexpected', kind: 'failed', message: 'it says what was not asked for' });
}

/** A refusal where there is nothing else to answer, as a Failure of its code. */
export function refusalFailure({ code, message, advice }: Extract<Answer, { type: 'refused' }>['refusal']): Failure {
  return new Failure({ code, kind: 'failed', message, ...(advice === null ? {} : { advice }) });
}

type Means = { readonly streams: Pick<Streams, 'digest'>; readonly stop: AbortController };

class RemotePeer implements Peer {
  readonly hello: PeerHello;
  readonly #line: Line;
  readonly #means: Means;
  /** Whether the other end waits for the next request. */
  #isIdle = true;

  constructor(line: Line, hello: PeerHello, means: Means) {
    this.#line = line;
    this.hello = hello;
    this.#means = means;
  }

  async objects(volume: Uuid | null): Promise<readonly PeerVolume[]> {
    return await this.#asking(async () => {
      await this.#line.say({ type: 'objects', volume });
      return (await this.#line.answer('objects')).volumes;
    });
  }

  async put(request: PutRequest, bytes: ByteStream): Promise<PutAnswer> {
    return await this.#asking(async () => {
      await this.#line.say({ type: 'put', ...request });
      const first = await this.#line.message();
      if (first.type === 'refused') return { kind: 'refused', refusal: first.refusal };
      return first.type === 'go' ? await this.#upload(bytes) : await this.#line.unexpected();
    });
  }

  async get(request: GetRequest): Promise<GetAnswer> {
    this.#isIdle = false;
    await this.#line.say({ type: 'get', ...request });
    const first = await this.#line.message();
    this.#isIdle = first.type === 'refused';
    if (first.type === 'refused') return { kind: 'refused', refusal: first.refusal };
    if (first.type !== 'sent') return await this.#line.unexpected();
    return { kind: 'sent', offer: first.offer, bytes: this.#download() };
  }

  async close(): Promise<void> {
    if (this.#isIdle) {
      await this.#line.close();
      return;
    }
    // In the middle of something it cannot end well.
    this.#means.stop.abort();
    await this.#line.ended();
  }

  async #asking<Result>(ask: () => Promise<Result>): Promise<Result> {
    this.#isIdle = false;
    const result = await ask();
    this.#isIdle = true;
    return result;
  }

  /** The answer may come before the end: then the rest is of no use. */
  async #upload(bytes: ByteStream): Promise<PutAnswer> {
    let isAnswered = false;
    const answered = this.#line.message();
    answered.then(
      () => {
        isAnswered = true;
      },
      // Whoever waits for it hears of it below; one that is gone takes nothing that is written to it either.
      () => this.#means.stop.abort(),
    );
    const sum = new StreamSum(this.#means.streams);
    const stopPulse = this.#line.startPulse();
    try {
      for await (const piece of bytes) {
        if (isAnswered) break;
        sum.add(piece);
        await this.#line.send(piece);
      }
    } catch (error) {
      if (this.#means.stop.signal.aborted || errorCode(error) === 'connection') await answered;
      else await this.#line.say({ type: 'abort' }).then(() => answered);
      throw error;
    } finally {
      stopPulse();
    }
    await this.#line.say(isAnswered ? { type: 'abort' } : sum.end());
    const answer = await answered;
    if (answer.type === 'refused') return { kind: 'refused', refusal: answer.refusal };
    if (answer.type !== 'received') return await this.#line.unexpected();
    return { kind: 'received', volume: answer.volume, object: answer.object };
  }

  async *#download(): ByteStream {
    const stopPulse = this.#line.startPulse();
    try {
      yield* checkedStream(this.#line.parts(), this.#means.streams);
    } finally {
      stopPulse();
    }
    this.#isIdle = true;
  }
}
