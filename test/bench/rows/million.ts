import { join } from 'node:path';
import { binary } from '../against.ts';
import { alternate, type Contender, median, peakMemory } from '../measure.ts';
import type { Figures, Row } from '../row.ts';
import { withDisk } from '../trees/disk.ts';
import { millionFiles } from '../trees/many-files.ts';

const rounds = 3;

/** What a million files cost: memory, and time that grows no faster than they do. */
export const million: readonly Row[] = [
  {
    name: 'memory-spread',
    work: 'peak memory of a plan, 1,000,000 files, at most 10,000 a directory',
    peer: '–',
    limit: 80,
    unit: 'MB',
    measure: () => memoryOfPlan('spread'),
  },
  {
    name: 'memory-flat',
    work: 'peak memory of a plan, 1,000,000 files in one directory',
    peer: '–',
    limit: 250,
    unit: 'MB',
    measure: () => memoryOfPlan('flat'),
  },
  {
    name: 'growth',
    work: 'time of a plan for each of 1,000,000 files',
    peer: 'the same, each of 250,000',
    limit: 1.1,
    unit: 'ratio',
    measure: growth,
  },
];

async function memoryOfPlan(shape: 'spread' | 'flat'): Promise<Figures> {
  return withDisk(await millionFiles(shape), { writable: 'no' }, (top) => {
    const peaks = Array.from({ length: rounds }, () => peakMemory(plan(top, '')));
    return { value: median(peaks), ours: peaks, peer: [] };
  });
}

async function growth(): Promise<Figures> {
  return withDisk(await millionFiles('spread'), { writable: 'no' }, async (top) => {
    const of = (part: string): Contender => ({ command: plan(top, part) });
    const times = await alternate({ quarter: of('half/half'), half: of('half'), whole: of('') }, rounds);
    const seconds = Object.values(times).map((taken) => (median(taken) / 1000).toFixed(1));
    return {
      value: median(times.whole) / 4 / median(times.quarter),
      ours: times.whole,
      peer: times.quarter,
      notes: [`250,000, 500,000 and 1,000,000 files: ${seconds.join(', ')} s`],
    };
  });
}

function plan(top: string, part: string): [string, ...string[]] {
  const sides = [
    ...['--base', join(top, 'base', part)],
    ...['--old', join(top, 'ours', part)],
    ...['--new', join(top, 'theirs')],
  ];
  return [binary, 'plan', ...sides];
}
