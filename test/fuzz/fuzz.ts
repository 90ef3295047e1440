import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { type Random, seededRandom } from '../merge/text/random.ts';
import { mutate } from './mutate.ts';
import { shrink } from './shrink.ts';

/** A parser that is given bytes that nobody meant for it. */
export type FuzzTarget = {
  readonly name: string;
  /** Inputs that it can read, from which others are made. */
  readonly seeds: readonly string[];
  /** Words that mean something to it. */
  readonly words: readonly string[];
  /**
   * Reads the input, and checks what must hold of whatever comes of it. A Failure is an answer; anything else that is
   * thrown is a defect. Returns what tells kinds of results apart: an input with a new one is kept to be changed further.
   */
  readonly attempt: (input: string) => string;
  /** How long inputs get, where short ones find as much: 64 KiB unless told. */
  readonly longest?: number;
};

/** 20 s in every run; `MIGRATE_FUZZ_SECONDS=600` in a full one. */
const seconds = Number(process.env['MIGRATE_FUZZ_SECONDS'] ?? 20);
/** The same inputs in every run, unless told otherwise, so that a run that failed fails again. */
const seed = Number(process.env['MIGRATE_FUZZ_SEED'] ?? 1);
/** Beyond this many kept inputs the oldest go. */
const mostKept = 400;
/** No input may take more, however busy the machine is: 5 s. */
const slowest = 5000;
/** How long a failing input is made shorter, in milliseconds. */
const shrinkingTime = 10_000;

/** Defines a test that feeds the target for `seconds`. What fails is shown as a string that a named test can hold. */
export function fuzz(target: FuzzTarget): void {
  test(`${target.name} takes any bytes for ${seconds} s`, { timeout: (seconds + 120) * 1000 }, (context) => {
    const random = seededRandom(seed);
    const kept = [...target.seeds];
    const seen = new Set(kept.map((input) => resultOf(target, input)));
    const end = performance.now() + seconds * 1000;
    const startOfWork = process.cpuUsage();
    let attempts = 0;
    for (; performance.now() < end; attempts++) {
      const input = nextInput(target, kept, random);
      const start = performance.now();
      const result = resultOf(target, input);
      assert.ok(performance.now() - start < slowest, `${target.name} took too long on ${JSON.stringify(input)}`);
      if (seen.has(result) || seen.size > 100_000) continue;
      seen.add(result);
      if (kept.length >= mostKept) kept.splice(target.seeds.length, 1);
      kept.push(input);
    }
    const { user, system } = process.cpuUsage(startOfWork);
    const rate = Math.round(attempts / ((user + system) / 1e6));
    context.diagnostic(`${target.name}: ${attempts} inputs, ${rate} a second of work, ${seen.size} kinds of results`);
    assert.ok(attempts > 0);
  });
}

function nextInput({ words, longest = 65_536 }: FuzzTarget, kept: readonly string[], random: Random): string {
  let input = random.pick(kept);
  const changes = 1 + random.below(4);
  for (let change = 0; change < changes; change++) input = mutate(input, { words, others: kept }, random);
  return input.slice(0, longest);
}

/** The result, or the code of the Failure; with an input as short as can be found in the message of anything else. */
function resultOf(target: FuzzTarget, input: string): string {
  const error = defectOf(target, input);
  if (!(error instanceof Error)) return error;
  const short = shrink(input, (shorter) => isLike(error, defectOf(target, shorter)), shrinkingTime);
  throw new Error(`${target.name} failed on ${JSON.stringify(short)}`, { cause: defectOf(target, short) });
}

/** What was thrown and is no Failure, else the result. */
function defectOf({ attempt }: FuzzTarget, input: string): string | Error {
  try {
    return attempt(input);
  } catch (error) {
    if (error instanceof Failure)
      return `${error.code} ${error.message.replace(/["'].*["']|[0-9]+/g, '').slice(0, 60)}`;
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Whether it is the same defect: the same kind of error, thrown at the same place. */
function isLike(error: Error, other: string | Error): boolean {
  return other instanceof Error && other.name === error.name && placeOf(other) === placeOf(error);
}

function placeOf({ stack = '' }: Error): string | undefined {
  return /\n +at .*/.exec(stack)?.[0];
}
