import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { type VersionState, versionStates } from '../../src/domain/version.ts';
import { edges, transition, withTry } from '../../src/versions/states.ts';
import { versionOf } from './version-of.ts';

/** As the design prints them: a chain, alternatives on either side, and a pair that goes both ways. */
const printed = `
  staged → prepared → armed → migrating → trial → good ⇄ retired
  failed → staged
  migrating → migrating | waiting | failed
  waiting → migrating
  trial → failed
  good | retired → trial
`;

function printedEdges(): ReadonlySet<string> {
  const lines = printed.trim().split('\n');
  return new Set(lines.flatMap((line) => edgesOf(line.trim().split(/ (→|⇄) /))));
}

/** States and the arrows between them, in turn. */
function edgesOf([left, arrow, right, ...more]: readonly string[]): string[] {
  if (left === undefined || right === undefined) return [];
  const pairs = left.split(' | ').flatMap((from) => right.split(' | ').map((to) => [from, to]));
  const there = pairs.map(([from, to]) => `${from} ${to}`);
  const back = arrow === '⇄' ? pairs.map(([from, to]) => `${to} ${from}`) : [];
  return [...there, ...back, ...edgesOf([right, ...more])];
}

test('every pair of states: those that the design prints are possible, and no others', () => {
  const possible = printedEdges();
  assert.equal(possible.size, 15);
  for (const from of versionStates) {
    for (const to of versionStates) {
      const record = versionOf('trixie.2', from, 2);
      const change = (): unknown => transition(record, to, { order: 99, at: '2026-11-01T00:00:00Z', why: 'asked' });
      if (possible.has(`${from} ${to}`)) assert.doesNotThrow(change, `${from} → ${to}`);
      else assert.throws(change, refusal(from, to), `${from} → ${to}`);
    }
  }
});

function refusal(from: VersionState, to: VersionState): (error: unknown) => boolean {
  return (error) =>
    error instanceof Failure &&
    error.code === 'state' &&
    error.message.startsWith(`Cannot make trixie.2 ${to}: it is ${from}, and`) &&
    edges[from].every((next) => error.message.includes(next));
}

test('a change is added to the history with its order, date and reason, and the record given is left as it was', () => {
  const record = versionOf('trixie.2', 'migrating', 2);
  const before = structuredClone(record);
  const after = transition(record, 'failed', { order: 77, at: '2026-11-01T00:00:00Z', why: 'no space is left' });
  assert.deepEqual(record, before);
  assert.deepEqual(after.history.slice(0, -1), record.history);
  assert.deepEqual(after.history.at(-1), {
    order: 77,
    at: '2026-11-01T00:00:00Z',
    from: 'migrating',
    to: 'failed',
    why: 'no space is left',
    unknown: {},
  });
  assert.deepEqual([after.state, after.reason], ['failed', 'no space is left']);
});

test('a reason stands with what waits or failed, and goes with the next state', () => {
  const occasion = { order: 77, at: '2026-11-01T00:00:00Z', why: 'an answer is missing' };
  const waiting = transition(versionOf('v', 'migrating', 1), 'waiting', occasion);
  assert.equal(waiting.reason, 'an answer is missing');
  assert.equal(transition(waiting, 'migrating', { ...occasion, why: 'answered' }).reason, null);
});

test('case 113: boots are counted over a migration and its trial, and from nothing when it begins anew', () => {
  const occasion = { order: 77, at: '2026-11-01T00:00:00Z', why: 'again' };
  const migrating = withTry(withTry(versionOf('v', 'migrating', 1)));
  assert.equal(transition(migrating, 'migrating', occasion).tries, 2);
  const trial = transition(migrating, 'trial', occasion);
  assert.equal(trial.tries, 2);
  const failed = transition(withTry(trial), 'failed', occasion);
  assert.equal(failed.tries, 3);
  assert.equal(transition(failed, 'staged', occasion).tries, 0);
  assert.equal(transition(versionOf('v', 'retired', 1, { tries: 2 }), 'trial', occasion).tries, 0);
});

test('what is staged again has no born tag: its root is branched anew', () => {
  const occasion = { order: 77, at: '2026-11-01T00:00:00Z', why: '--force' };
  const failed = versionOf('v', 'failed', 1, { born: 'born-v' });
  assert.equal(transition(failed, 'staged', occasion).born, null);
});

test('a version whose removal has begun changes no more', () => {
  const record = versionOf('v', 'retired', 1, { removing: true });
  const change = (): unknown => transition(record, 'trial', { order: 77, at: '2026-11-01T00:00:00Z', why: 'back' });
  assert.throws(change, (error) => error instanceof Failure && error.code === 'removing');
});
