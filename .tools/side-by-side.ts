import { availableParallelism } from 'node:os';

/** How much runs at once. A test file and a guest keep about one processor busy each. */
export type Shares = { readonly stages: number; readonly testFiles: number; readonly guests: number };

/**
 * With less than four processors there is one task for each of them: a guest that is starved misses its time limits. With
 * four there is one more, as test files wait for disks too. More than four guests would wait for the longest of them.
 */
export function sharesOf(processors: number = availableParallelism()): Shares {
  if (processors < 4) return { stages: Math.min(processors, 2), testFiles: 1, guests: Math.max(processors - 1, 1) };
  const guests = Math.min(processors - 1, 4);
  return { stages: 8, testFiles: Math.max(processors - guests, 2), guests };
}

/** Runs the task on each item, from the front, so many at a time. */
export async function sideBySide<Item>(
  items: readonly Item[],
  atOnce: number,
  task: (item: Item) => Promise<unknown>,
): Promise<void> {
  const waiting = [...items];
  async function worker(): Promise<void> {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await task(item);
  }
  await Promise.all(Array.from({ length: atOnce }, worker));
}
