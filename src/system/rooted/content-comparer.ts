import type { RootPath } from '../../domain/path.ts';
import type { ContentComparer } from '../files.ts';
import { haveSameExtents, mayHaveHoles, type OpenFile } from './content.ts';
import type { Held, HeldFile } from './held-file.ts';
import type { PairQueue } from './pair-queue.ts';
import { startComparerThread } from './start-comparer-thread.ts';

/** Smaller files are not worth it: to hand one over takes as long as to compare it. */
const leastSize = 8 * 1024;

/** Bytes seen before the second thread is started, which takes about as long as comparing these; and it takes some 15 MB. */
const startAfter = 16 * 1024 * 1024;

/** Compares on a second thread what these two hold open. */
export function contentComparer(mine: HeldFile, its: HeldFile): ContentComparer {
  const paths: RootPath[] = [];
  const doubtful: RootPath[] = [];
  let started: PairQueue | null = null;
  let seen = 0;

  /** Null before it is worth a thread, and where there is none. */
  function queueFor(size: number): PairQueue | null {
    if (seen < startAfter && seen + size >= startAfter) started = startComparerThread();
    seen += size;
    return started;
  }

  function hearAnswer(queue: PairQueue, place: number): void {
    const path = paths[place];
    if (path !== undefined && !queue.isSame(place)) doubtful.push(path);
  }

  return {
    take: (path) => {
      const [left, right] = [worthyFile(mine.of(path)), worthyFile(its.of(path))];
      if (left === null || right === null) return false;
      const queue = queueFor(left.size);
      const place = queue?.nextPlace ?? null;
      if (queue === null || place === null || haveSameExtents(left, right)) return false;
      hearAnswer(queue, place);
      paths[place] = path;
      queue.put({ left: left.descriptor, right: right.descriptor, size: left.size });
      // It is the other thread that closes them.
      mine.take(path);
      its.take(path);
      return true;
    },
    finish: (onAnswer) => {
      if (started === null) return [];
      started.end(onAnswer);
      for (const place of paths.keys()) hearAnswer(started, place);
      return doubtful;
    },
  };
}

/** The file, where it is one and comparing it takes long: most of one with holes may not have to be read. */
function worthyFile(held: Held | null): OpenFile | null {
  if (held?.status.type !== 'file' || held.file.size < leastSize || mayHaveHoles(held.file)) return null;
  return held.file;
}
