import type { ByteString } from '../domain/bytes.ts';

/** Bytes that come in pieces, each valid for good; read once. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** How a stream may be packed. */
export type Compression = 'gzip' | 'xz' | 'zstd';

/** A digest that grows with the bytes it is given. */
export type RunningDigest = {
  readonly update: (bytes: Uint8Array) => void;
  /** The digest as bytes; the object is not used afterwards. */
  readonly end: () => ByteString;
};

/** A key pair's public half and what it is to vouch for; all are raw bytes, as RFC 8032 has them. */
export type Ed25519Claim = {
  readonly publicKey: ByteString;
  readonly message: ByteString;
  readonly signature: ByteString;
};

export type RunOptions = {
  readonly signal: AbortSignal;
  readonly onTick: () => void;
  /** What has to grow meanwhile, for programs that wait for ever. */
  readonly growth?: Growth;
};

/** An amount of something, and how long it may stay as it is. */
export type Growth = { readonly amount: () => number; readonly silentSeconds: number };

/** Two streams of bytes, one in each direction: a program that was started, or whoever started this one. */
export type Conversation = {
  /** What the other end says; read once. Ends where it says no more. */
  readonly input: ByteStream;
  /** Settled when there is room for more. Throws Failure `closed` where nobody reads what is written. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Nothing more will be written; may be called again. */
  readonly end: () => void;
  /**
   * Settled when the other end is gone, be it on its own: for a program that was started throws Failure `command` where it ended badly, and the
   * signal's reason.
   */
  readonly ended: () => Promise<void>;
};

export type ConversationOptions = { readonly signal: AbortSignal };

/** What is too large to hold in memory, and what is waited for. */
export interface Streams {
  /** The content of a regular file. Throws Failure `unreadable`, naming it. */
  read(path: ByteString): ByteStream;
  /** The first bytes of a regular file; fewer where it is shorter. Throws Failure `unreadable`. */
  head(path: ByteString, size: number): Promise<Uint8Array>;
  /**
   * The stream with its compression off. Throws Failure `compressed-stream` where it is damaged or ends early; errors of
   * the stream itself come through as they are.
   */
  decompress(compression: Compression, packed: ByteStream): ByteStream;
  digest(algorithm: 'sha256' | 'blake2b512'): RunningDigest;
  /** Whether the signature is that of the message by the key. */
  isSigned(claim: Ed25519Claim): boolean;
  /**
   * Runs a program to its end. Throws Failure `command` as `Commands.run` does, and the signal's reason where that is
   * aborted, the program being ended first; so it is where nothing grows, with Failure `silent`. `onTick` is called twice a
   * second meanwhile.
   */
  run(program: string, args: readonly string[], options: RunOptions): Promise<void>;
  /**
   * What a program writes to its output, as fast as it is read; it is ended where the reading stops. At its end throws
   * Failure `command` as `Commands.run` does, and the signal's reason.
   */
  output(program: string, args: readonly string[], options: ConversationOptions): ByteStream;
  /**
   * Runs a program to its end with the stream as its input. Throws what the stream throws, the program being ended first;
   * Failure `command`, and the signal's reason.
   */
  feed(program: string, args: readonly string[], bytes: ByteStream, options: ConversationOptions): Promise<void>;
  /** Starts a program, to write to it and read from it at the same time. It is ended when the signal is aborted. */
  converse(program: string, args: readonly string[], options: ConversationOptions): Conversation;
  /** Standard input and output of this program; to be asked for once. */
  standard(options: ConversationOptions): Conversation;
  /** Hands on a new directory below `parent` that only root may enter, and removes it with all in it, whatever happens. */
  withDirectory<Result>(parent: string, use: (directory: string) => Promise<Result>): Promise<Result>;
  /** Lets everything else have its turn, signals among it. */
  turn(): Promise<void>;
  /** What registries call the machine's architecture: `amd64`, `arm64`, …. */
  readonly architecture: string;
}
