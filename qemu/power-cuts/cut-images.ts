import { rename, rm } from 'node:fs/promises';
import { replay } from '../../test/crash/write-log.ts';
import { command } from '../command.ts';
import type { Cut } from './draw-cuts.ts';
import type { Recording } from './recording.ts';

/** Writes the image of the disk as a cut has left it. Cuts must come in the order of what is durable. */
export type CutImages = {
  readonly write: (cut: Cut, image: string) => Promise<void>;
  readonly end: () => Promise<void>;
};

/** Images of the disk after cuts; `work` is the path of a file that grows with them. */
export async function cutImages({ start, log, entries }: Recording, work: string): Promise<CutImages> {
  await copy(start, work);
  let done = 0;
  let turn: Promise<void> = Promise.resolve();
  const write = async ({ durable, kept }: Cut, image: string): Promise<void> => {
    if (durable < done) throw new RangeError(`the image holds ${done} entries already, and ${durable} are asked for`);
    replay(entries.slice(done, durable), log, work);
    done = durable;
    const unfinished = `${image}.unfinished`;
    await copy(work, unfinished);
    const keptEntries = kept.flatMap((index) => entries[index] ?? []);
    replay(keptEntries, log, unfinished);
    await rename(unfinished, image);
  };
  return {
    // One at a time: the next one changes what this one is copied from.
    write: (cut, image) => {
      turn = turn.then(() => write(cut, image));
      return turn;
    },
    end: () => rm(work),
  };
}

async function copy(from: string, to: string): Promise<void> {
  await command('cp', ['--reflink=auto', '--sparse=always', from, to]);
}
