import { Failure } from '../domain/failure.ts';
import type { ByteStream } from '../system/streams.ts';

/**
 * How two programs that send each other tags speak: frames, each with its kind in one byte and its length in four, the
 * highest first. `message` is one document of JSON in UTF-8, `data` a piece of a stream; `alive` is empty, and says that
 * whoever sends it is still there: it may come between any two others.
 */
export type Frame =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'alive' };

/** No frame is longer: of data, and of messages, which may list all of a large store. */
export const longestFrame = { data: 1024 * 1024, message: 64 * 1024 * 1024 } as const;

const kinds = { message: 0x4d, data: 0x44, alive: 0x41 } as const;
const headerSize = 5;
const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }) };

/** A message as a frame. */
export function messageFrame(message: object): Uint8Array {
  const body = utf8.encoder.encode(JSON.stringify(message));
  if (body.length > longestFrame.message) throw badFrame('a message is too long');
  return frameOf(kinds.message, body);
}

/** That this end is still there. */
export function aliveFrame(): Uint8Array {
  return frameOf(kinds.alive, new Uint8Array(0));
}

/** A piece of a stream as frames. */
export function* dataFrames(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += longestFrame.data) {
    yield frameOf(kinds.data, bytes.subarray(at, at + longestFrame.data));
  }
}

/** Frames out of a stream, which may end only between two of them. Throws Failure `bad-frame`. */
export async function* readFrames(stream: ByteStream, longest: number = longestFrame.message): AsyncGenerator<Frame> {
  const parser = new FrameParser(longest);
  for await (const piece of stream) yield* parser.add(piece);
  parser.end();
}

/** Makes frames of bytes that come in pieces, and keeps no more of them than one frame has. */
export class FrameParser {
  readonly #longest: number;
  #kept: Uint8Array[] = [];
  #length = 0;
  /** What the frame at hand is to be; null while its header is not whole. */
  #header: Header | null = null;

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** The frames that are whole with this piece. */
  *add(piece: Uint8Array): Generator<Frame> {
    for (let rest = piece; rest.length > 0; ) {
      const missing = (this.#header?.length ?? headerSize) - this.#length;
      const part = rest.subarray(0, missing);
      rest = rest.subarray(part.length);
      this.#kept.push(part);
      this.#length += part.length;
      if (part.length < missing) return;
      const frame = this.#next(this.#taken());
      if (frame !== null) yield frame;
    }
  }

  /** No more comes. Throws where something is missing. */
  end(): void {
    if (this.#header !== null || this.#length > 0) throw badFrame('it ends in the middle');
  }

  /** The header, after which the body follows, unless it is empty; or the body. */
  #next(bytes: Uint8Array): Frame | null {
    if (this.#header === null) {
      this.#header = readHeader(bytes, this.#longest);
      return this.#header.length === 0 ? this.#next(new Uint8Array(0)) : null;
    }
    const { kind } = this.#header;
    this.#header = null;
    if (kind === kinds.alive) return { kind: 'alive' };
    return kind === kinds.data ? { kind: 'data', bytes } : { kind: 'message', text: textOf(bytes) };
  }

  #taken(): Uint8Array {
    const [only, ...others] = this.#kept;
    const bytes = only !== undefined && others.length === 0 ? only : joined(this.#kept, this.#length);
    this.#kept = [];
    this.#length = 0;
    return bytes;
  }
}

type Header = { readonly kind: number; readonly length: number };

/** Refuses what is too long before anything is kept of it. */
function readHeader(header: Uint8Array, longest: number): Header {
  const [kind = 0] = header;
  const length = new DataView(header.buffer, header.byteOffset).getUint32(1);
  const most = { [kinds.message]: longest, [kinds.data]: longestFrame.data, [kinds.alive]: 0 }[kind];
  if (most === undefined) throw badFrame(`a frame of kind ${kind} is not known`);
  if (length > most) throw badFrame(`a frame has ${length} bytes, and may have ${most}`);
  return { kind, length };
}

function frameOf(kind: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headerSize + body.length);
  frame[0] = kind;
  new DataView(frame.buffer).setUint32(1, body.length);
  frame.set(body, headerSize);
  return frame;
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decoder.decode(bytes);
  } catch (error) {
    // TypeError is how a fatal TextDecoder says "not UTF-8"; anything else is a defect.
    if (error instanceof TypeError) throw badFrame('a message is not UTF-8');
    throw error;
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function badFrame(why: string): Failure {
  return new Failure({ code: 'bad-frame', kind: 'failed', message: `Cannot read what the other end sent: ${why}` });
}
