/** What a restore is doing, and how much of that it has done; how much there is it does not know before. */
export type RestoreProgress = {
  /** `keep`: what stands in the place is copied away. */
  readonly phase: 'keep' | 'restore';
  readonly entries: number;
  readonly bytes: number;
};

export type OnRestoreProgress = (progress: RestoreProgress) => void;

/** Between two reports: a terminal is slower than a copy. */
const between = { entries: 100, bytes: 4 * 2 ** 20 };

/** Counts what is copied and says so now and then. */
export class Tally {
  readonly #phase: RestoreProgress['phase'];
  readonly #onProgress: OnRestoreProgress;
  #entries = 0;
  #bytes = 0;
  #said = { entries: 0, bytes: 0 };

  constructor(phase: RestoreProgress['phase'], onProgress: OnRestoreProgress) {
    this.#phase = phase;
    this.#onProgress = onProgress;
  }

  readonly onEntry = (): void => {
    this.#entries += 1;
    this.#say();
  };

  readonly onBytes = (bytes: number): void => {
    this.#bytes += bytes;
    this.#say();
  };

  #say(): void {
    const isSoon =
      this.#entries < this.#said.entries + between.entries && this.#bytes < this.#said.bytes + between.bytes;
    if (isSoon) return;
    this.#said = { entries: this.#entries, bytes: this.#bytes };
    this.#onProgress({ phase: this.#phase, ...this.#said });
  }
}
