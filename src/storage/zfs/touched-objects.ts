import type { StreamObjects } from './stream-records.ts';

/** Longer runs of numbers are kept as such. */
const longestList = 4096;

/** Numbers of objects that streams say something of. An inode has the number of its object. */
export class TouchedObjects {
  readonly #numbers = new Set<number>();
  readonly #runs: StreamObjects[] = [];

  add(objects: StreamObjects): void {
    const { first, count } = objects;
    if (count > longestList) this.#runs.push(objects);
    else for (let number = first; number < first + count; number++) this.#numbers.add(number);
  }

  has(number: number): boolean {
    return (
      this.#numbers.has(number) || this.#runs.some(({ first, count }) => number >= first && number - first < count)
    );
  }
}
