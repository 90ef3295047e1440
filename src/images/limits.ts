import type { Files } from '../system/files.ts';
import { noSpace, refused } from './image-failure.ts';

/** How much an image may be, so that one made for the purpose fills neither disk nor memory. */
export type Limits = {
  /** Bytes that it unpacks to. */
  readonly bytes: number;
  readonly entries: number;
  /** Bytes unpacked for a byte of the source, beyond the first `ratioFrom`. */
  readonly ratio: number;
  readonly ratioFrom: number;
  /** Bytes that have to stay free on the filesystem. */
  readonly reserve: number;
  /** Seconds in which a registry has to send something. */
  readonly silentSeconds: number;
};

/** Far beyond any image: 1 TiB, 10 million entries, 200 to 1 after 1 GiB (text alone comes to 30), 64 MiB left, 5 minutes. */
export const usualLimits: Limits = {
  bytes: 2 ** 40,
  entries: 10_000_000,
  ratio: 200,
  ratioFrom: 2 ** 30,
  reserve: 64 * 2 ** 20,
  silentSeconds: 300,
};

/** What unpacking is doing: bytes are those of the source. */
export type UnpackProgress = {
  readonly phase: 'fetch' | 'check' | 'unpack';
  readonly done: number;
  /** Null where it is not known beforehand. */
  readonly total: number | null;
  readonly unit: 'bytes';
  readonly entries: number;
};

export type OnUnpackProgress = (progress: UnpackProgress) => void;

/** Who watches, and who may stop it: the signal's reason is thrown. */
export type Hooks = { readonly onProgress: OnUnpackProgress; readonly signal: AbortSignal };

const between = { bytesOfProgress: 4 * 2 ** 20, bytesOfSpace: 32 * 2 ** 20 } as const;

/** Counts what is read and written against the limits; throws Failure `image-too-large`, or the signal's reason. */
export class Meter {
  readonly #into: Files;
  readonly #limits: Limits;
  readonly #hooks: Hooks;
  #total: number | null = null;
  #packed = 0;
  #hasRatio = true;
  #done = 0;
  #written = 0;
  #entries = 0;
  #shown: { readonly phase: UnpackProgress['phase'] | null; readonly done: number } = { phase: null, done: 0 };
  #spaceAt: number;

  constructor(into: Files, limits: Limits, hooks: Hooks) {
    this.#into = into;
    this.#limits = limits;
    this.#hooks = hooks;
    this.#spaceAt = between.bytesOfSpace;
  }

  get entries(): number {
    return this.#entries;
  }

  get written(): number {
    return this.#written;
  }

  /** Bytes of the source were read. */
  addRead(bytes: number, phase: UnpackProgress['phase'] = 'unpack'): void {
    this.#packed += bytes;
    this.addDone(bytes, phase);
  }

  /** So much more is done. */
  addDone(bytes: number, phase: UnpackProgress['phase']): void {
    this.checkSignal();
    this.#done += bytes;
    if (phase === this.#shown.phase && this.#done < this.#shown.done + between.bytesOfProgress) return;
    this.#shown = { phase, done: this.#done };
    const { onProgress } = this.#hooks;
    onProgress({ phase, done: this.#done, total: this.#total, unit: 'bytes', entries: this.#entries });
  }

  /** Another phase begins. */
  begin(phase: UnpackProgress['phase'], total: number | null): void {
    this.#done = 0;
    this.#total = total;
    this.addDone(0, phase);
  }

  /** What is read is not packed, as the files of a directory: they come to no more than there is. */
  expectNothingPacked(): void {
    this.#hasRatio = false;
  }

  /** Throws the signal's reason where it is aborted. */
  checkSignal(): void {
    this.#hooks.signal.throwIfAborted();
  }

  addEntry(): void {
    this.checkSignal();
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) throw tooLarge(`it has more than ${this.#limits.entries} entries`);
  }

  /** Bytes are about to be written. */
  addWritten(bytes: number): void {
    this.#written += bytes;
    const { bytes: most, ratio, ratioFrom } = this.#limits;
    if (this.#written > most) throw tooLarge(`it unpacks to more than ${most} bytes`);
    if (this.#hasRatio && this.#written > ratioFrom + this.#packed * ratio) {
      throw tooLarge(`it unpacks to more than ${ratio} times its size`);
    }
    if (this.#written < this.#spaceAt) return;
    this.#spaceAt = this.#written + between.bytesOfSpace;
    this.needSpace(0);
  }

  /** Refuses what needs so many bytes more than there are. */
  needSpace(bytes: number): void {
    const free = this.#into.space().bytes - this.#limits.reserve;
    if (bytes <= free) return;
    const needed = bytes === 0 ? 'more space than there is' : `${bytes} bytes, and ${Math.max(free, 0)} are free`;
    throw noSpace(`unpacking it needs ${needed}`);
  }
}

function tooLarge(reason: string): Error {
  return refused('image-too-large', reason);
}
