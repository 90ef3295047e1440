import { Failure } from '../domain/failure.ts';
import type { ByteStream } from '../system/streams.ts';
import { type Frame, readFrames } from './frames.ts';

/** A frame that says more than that the other end is still there. */
export type Said = Exclude<Frame, { readonly kind: 'alive' }>;

const parts = 10;

/** What the other end says, and whether it is heard of at all. */
export class Hearing {
  readonly #frames: AsyncIterator<Frame>;
  readonly #silence: number;
  #heard = 0;
  /** What is said next, asked for once and kept until it is taken. */
  #coming: Promise<Said | null> | null = null;

  /** `silence`: for how many milliseconds an end that is waited for may say nothing at all. */
  constructor(input: ByteStream, { silence, longest }: { readonly silence: number; readonly longest?: number }) {
    this.#frames = readFrames(input, longest);
    this.#silence = silence;
  }

  /** What is said next; null where no more comes. One asks at a time. */
  async next(): Promise<Said | null> {
    this.listen();
    try {
      return await this.#coming;
    } finally {
      this.#coming = null;
    }
  }

  /** Hears from now on that the other end is still there; what else it says is kept for `next`. */
  listen(): void {
    if (this.#coming !== null) return;
    this.#coming = this.#read();
    // Whoever takes it is told.
    this.#coming.catch(() => undefined);
  }

  /** Waits for something for as long as the other end is heard of. Throws Failure `silent` where it is not. */
  async whileHeard<Result>(coming: Promise<Result>): Promise<Result> {
    const { promise: never, reject } = Promise.withResolvers<never>();
    let [left, heard] = [parts, this.#heard];
    // Counted in parts, since what came while this program itself stood still is read only afterwards.
    const timer = setInterval(() => {
      left = heard === this.#heard ? left - 1 : parts;
      heard = this.#heard;
      if (left === 0) reject(silent(this.#silence));
    }, this.#silence / parts);
    try {
      return await Promise.race([coming, never]);
    } finally {
      clearInterval(timer);
    }
  }

  async #read(): Promise<Said | null> {
    for (;;) {
      const { done, value } = await this.#frames.next();
      this.#heard += 1;
      if (done === true) return null;
      if (value.kind !== 'alive') return value;
    }
  }
}

function silent(milliseconds: number): Failure {
  const message = `Nothing was heard of the other end for ${milliseconds / 1000} seconds`;
  return new Failure({ code: 'silent', kind: 'failed', message, advice: 'Run it again' });
}
