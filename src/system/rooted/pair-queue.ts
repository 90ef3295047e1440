/** The descriptors of two open files of `size` bytes. */
export type Pair = { readonly left: number; readonly right: number; readonly size: number };

/** So many are under way at most: with all else that is open this stays far below the usual limit of 1,024 descriptors. */
const capacity = 64;

/** The other thread is woken for so many at once: each time takes as long as comparing a small file. */
const wokenFor = 16;

/** Of a pair: two descriptors and the size. */
const fields = 3;

/** Where which number is; each is written by one of the threads alone. `put` is the complement of its count at the end. */
const counters = { isReady: 0, put: 1, answered: 2 } as const;
/** Numbers of eight bytes follow. */
const counterBytes = 16;
const pairBytes = 8 * fields;

/**
 * Pairs on their way from the thread that has opened them to the one that compares them, and its answers, in memory that
 * both see. One puts in, the other takes out in the same order: so counters do, and nothing is locked.
 */
export class PairQueue {
  readonly memory: SharedArrayBuffer;
  readonly #counters: Int32Array<SharedArrayBuffer>;
  readonly #pairs: Float64Array<SharedArrayBuffer>;
  readonly #answers: Uint8Array<SharedArrayBuffer>;

  /** A new queue; in the other thread the same, by its memory. */
  constructor(memory = new SharedArrayBuffer(counterBytes + capacity * (pairBytes + 1))) {
    this.memory = memory;
    this.#counters = new Int32Array(memory, 0, Object.keys(counters).length);
    this.#pairs = new Float64Array(memory, counterBytes, capacity * fields);
    this.#answers = new Uint8Array(memory, counterBytes + capacity * pairBytes, capacity);
  }

  /** Where the next pair goes, of which the last one is answered; null while there is no room, or nobody to answer. */
  get nextPlace(): number | null {
    const [put, answered] = [this.#read('put'), this.#read('answered')];
    return this.#read('isReady') === 1 && put - answered < capacity ? put % capacity : null;
  }

  /** Puts a pair at the next place. The other thread closes it. */
  put({ left, right, size }: Pair): void {
    const put = this.#read('put');
    this.#pairs.set([left, right, size], (put % capacity) * fields);
    this.#write('put', put + 1);
    if ((put + 1) % wokenFor === 0) this.#wake('put');
  }

  /** Whether the two at the place were found to be the same. */
  isSame(place: number): boolean {
    return this.#answers[place] === 1;
  }

  /** Has the other thread end when all is answered, and waits for that; `onAnswer` hears that it goes on. */
  end(onAnswer: () => void): void {
    const put = this.#read('put');
    this.#write('put', ~put);
    this.#wake('put');
    for (let answered = this.#read('answered'); answered < put; answered = this.#read('answered')) {
      this.#sleep('answered', answered);
      onAnswer();
    }
  }

  /** In the other thread: answers everything until the end. `isSame` must not throw. */
  serve(isSame: (pair: Pair) => boolean): void {
    this.#write('isReady', 1);
    for (let answered = 0; ; ) {
      const put = this.#read('put');
      if (answered < (put < 0 ? ~put : put)) {
        const place = answered % capacity;
        this.#answers[place] = Number(isSame(this.#pairAt(place)));
        answered += 1;
        this.#write('answered', answered);
        this.#wake('answered');
      } else if (put < 0) return;
      else this.#sleep('put', put);
    }
  }

  #pairAt(place: number): Pair {
    const [left = 0, right = 0, size = 0] = this.#pairs.subarray(place * fields, (place + 1) * fields);
    return { left, right, size };
  }

  #read(counter: keyof typeof counters): number {
    return Atomics.load(this.#counters, counters[counter]);
  }

  #write(counter: keyof typeof counters, value: number): void {
    Atomics.store(this.#counters, counters[counter], value);
  }

  #wake(counter: keyof typeof counters): void {
    Atomics.notify(this.#counters, counters[counter]);
  }

  /** Until the counter is another, or somebody wakes. */
  #sleep(counter: keyof typeof counters, value: number): void {
    Atomics.wait(this.#counters, counters[counter], value);
  }
}
