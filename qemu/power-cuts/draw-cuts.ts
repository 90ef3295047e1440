import type { Logged } from '../../test/crash/write-log.ts';
import type { Random } from '../../test/merge/text/random.ts';
import { type Phase, phaseNames } from './phases.ts';

/** A moment at which the power goes, as numbers of entries of the log. */
export type Cut = {
  readonly number: number;
  readonly phase: Phase;
  /** How many entries the disk had been given. */
  readonly at: number;
  /** How many of these are on it for certain: all up to the last flush. */
  readonly durable: number;
  /** Which of the others got there too. */
  readonly kept: readonly number[];
};

/** What cuts are drawn from; `bounds` says where each phase begins, and where the last one ends. */
type Recorded = { readonly entries: readonly Logged[]; readonly bounds: readonly number[] };

/**
 * So many cuts, as many in each of the phases as in the others. Half of them are anywhere, the other half right before a
 * flush, where the most can be lost. Of what was not flushed nothing, everything or any part is lost. Throws RangeError
 * where a phase wrote nothing. With `atBegin` each is the moment at which a phase begins, and all that was not flushed is lost.
 */
export function drawCuts(
  recorded: Recorded,
  {
    count,
    within,
    atBegin = false,
  }: { readonly count: number; readonly within: readonly Phase[]; readonly atBegin?: boolean },
  random: Random,
): readonly Cut[] {
  return Array.from({ length: count }, (_, index) => {
    const phase = within[index % within.length] ?? 'stage';
    const moment = atBegin ? beginOf(recorded, phase) : drawWithin(recorded, phase, random);
    return { number: index + 1, phase, ...moment };
  });
}

type Moment = Pick<Cut, 'at' | 'durable' | 'kept'>;

function beginOf({ entries, bounds }: Recorded, phase: Phase): Moment {
  const at = bounds[phaseNames.indexOf(phase)] ?? 0;
  return { at, durable: durableAt(entries, at), kept: [] };
}

function durableAt(entries: readonly Logged[], at: number): number {
  return entries.slice(0, at).findLastIndex(({ flush }) => flush) + 1;
}

function drawWithin({ entries, bounds }: Recorded, phase: Phase, random: Random): Moment {
  const index = phaseNames.indexOf(phase);
  const [from = 0, to = 0] = bounds.slice(index, index + 2);
  if (to <= from) throw new RangeError(`nothing was written from entry ${from} to ${to}`);
  const flushes = entries.slice(from, to).flatMap(({ flush }, index) => (flush ? [from + index] : []));
  const atFlush = flushes.length > 0 && random.chance(0.5);
  const at = atFlush ? random.pick(flushes) : from + random.below(to - from);
  const durable = durableAt(entries, at);
  const pending = Array.from({ length: at - durable }, (_, index) => durable + index);
  const chance = random.pick([0, 0.5, 0.5, 1]);
  return { at, durable, kept: pending.filter(() => random.chance(chance)) };
}
