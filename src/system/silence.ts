import { Failure } from '../domain/failure.ts';
import type { Growth } from './streams.ts';

/** Notices where nothing has grown for too long: its signal is aborted then, with Failure `silent`. */
export class Silence {
  readonly #growth: Growth;
  readonly #abort = new AbortController();
  #amount = 0;
  #since = performance.now();

  constructor(growth: Growth) {
    this.#growth = growth;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** To be called now and then. */
  look(): void {
    const [amount, now] = [this.#growth.amount(), performance.now()];
    if (amount > this.#amount) [this.#amount, this.#since] = [amount, now];
    else if (now - this.#since > this.#growth.silentSeconds * 1000) this.#abort.abort(silent(this.#growth));
  }
}

function silent({ silentSeconds }: Growth): Failure {
  return new Failure({
    code: 'silent',
    kind: 'failed',
    message: `Nothing has come for ${silentSeconds} seconds`,
  });
}
