import type { RootPath } from '../../domain/path.ts';
import type { ContentComparer } from '../files.ts';
import type { HeldFile } from './held-file.ts';
import { PairQueue } from './pair-queue.ts';
import { startComparerThread } from './start-comparer-thread.ts';

/** Smaller files are not worth it: to hand one over takes as long as to compare it. */
const leastSize = 8 * 1024;

/** Bytes seen before the second thread is started, which takes as long as comparing these; and it takes 15 MB. */
const startAfter = 16 * 1024 * 1024;

/** Compares on a second thread what these two hold open. */
export function contentComparer(mine: HeldFile, its: HeldFile): ContentComparer {
  const queue = new PairQueue();
  const paths: RootPath[] = [];
  const doubtful: RootPath[] = [];
  let seen = 0;

  function settle(place: number): void {
    const path = paths[place];
    if (path !== undefined && !queue.isSame(place)) doubtful.push(path);
  }

  function countIn(size: number): void {
    if (seen < startAfter && seen + size >= startAfter) startComparerThread(queue.memory);
    seen += size;
  }

  return {
    take: (path) => {
      const [left, right] = [mine.of(path), its.of(path)];
      if (left?.type !== 'file' || right?.type !== 'file' || left.file.size < leastSize) return false;
      countIn(left.file.size);
      const place = queue.nextPlace;
      if (place === null) return false;
      settle(place);
      paths[place] = path;
      queue.put({ left: left.file, right: right.file });
      mine.take(path);
      its.take(path);
      return true;
    },
    finish: (onAnswer) => {
      queue.end(onAnswer);
      for (const place of paths.keys()) settle(place);
      return doubtful;
    },
  };
}
