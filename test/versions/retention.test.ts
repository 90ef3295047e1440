import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { VersionRecord, VersionState } from '../../src/domain/version.ts';
import { objectsOf, objectsThatGo } from '../../src/versions/objects-of-versions.ts';
import { removeInRounds } from '../../src/versions/remove-in-rounds.ts';
import { decideRetention, type Retained } from '../../src/versions/retention.ts';
import { transition } from '../../src/versions/states.ts';
import { seededRandom } from '../merge/text/random.ts';
import { versionOf } from './version-of.ts';

function decided(records: readonly VersionRecord[], running: string | null, keep = 0): Map<string, Retained> {
  const decisions = decideRetention({ records, running, keep });
  return new Map(decisions.map((decision) => [decision.version.id, decision]));
}

function staying(decisions: ReadonlyMap<string, Retained>): string[] {
  return [...decisions.values()].filter(({ stays }) => stays).map(({ version }) => version.id);
}

/** Five updates that went well; the last one runs. */
const line = [
  ...[1, 2, 3, 4].map((order) => versionOf(`v.${order}`, 'retired', order)),
  versionOf('v.5', 'good', 5, { parent: 'v.4' }),
];

test('the running version, and the fallback before it, stay even where none are to be kept', () => {
  const decisions = decided(line, 'v.5');
  assert.deepEqual(staying(decisions), ['v.5', 'v.4']);
  assert.deepEqual(decisions.get('v.5')?.why, ['it runs', 'it is good']);
  assert.deepEqual(decisions.get('v.4')?.why, ['it is the last fallback']);
  assert.deepEqual(decisions.get('v.1')?.why, ['it is none of the newest 0 that were good']);
});

test('every version has a reason, newest first', () => {
  const decisions = decideRetention({ records: line.toReversed(), running: 'v.5', keep: 3 });
  assert.deepEqual(
    decisions.map(({ version, stays, why }) => [version.id, stays, why.length > 0]),
    [
      ['v.5', true, true],
      ['v.4', true, true],
      ['v.3', true, true],
      ['v.2', false, true],
      ['v.1', false, true],
    ],
  );
});

test('pinned versions stay', () => {
  const records = line.map((version) => (version.id === 'v.1' ? { ...version, pinned: true } : version));
  assert.deepEqual(staying(decided(records, 'v.5')), ['v.5', 'v.4', 'v.1']);
});

test('the last fallback is the one that was good last, not the newest', () => {
  // From v.5 back to v.2, which proved itself again: v.5 is where one would go if that breaks.
  const occasion = { at: '2026-11-01T00:00:00Z', why: 'rolled back' };
  const records = line.map((version) => {
    if (version.id === 'v.5') return transition(version, 'retired', { ...occasion, order: 101 });
    if (version.id !== 'v.2') return version;
    const trial = transition(version, 'trial', { ...occasion, order: 100 });
    return transition(trial, 'good', { ...occasion, order: 102 });
  });
  const decisions = decided(records, 'v.2');
  assert.deepEqual(staying(decisions), ['v.5', 'v.2']);
  assert.deepEqual(decisions.get('v.5')?.why, ['it is the last fallback']);
});

test('case 107: while an update has not proven itself nothing that ever was good goes', () => {
  for (const state of ['armed', 'migrating', 'waiting', 'trial'] as const) {
    const records = [...line, versionOf('v.6', state, 6, { parent: 'v.5' }), versionOf('v.0', 'failed', 0)];
    const decisions = decided(records, state === 'trial' ? 'v.6' : 'v.5');
    assert.deepEqual(staying(decisions), ['v.6', 'v.5', 'v.4', 'v.3', 'v.2', 'v.1'], state);
    assert.deepEqual(decisions.get('v.1')?.why, ['v.6 has not proven itself yet']);
    assert.equal(decisions.get('v.0')?.stays, false);
  }
  // Proven: now they may go.
  const proven = [...line.slice(0, 4), versionOf('v.5', 'retired', 5), versionOf('v.6', 'good', 6)];
  assert.deepEqual(staying(decided(proven, 'v.6')), ['v.6', 'v.5']);
});

test('case 106: the record of an image that failed stays until a newer version runs', () => {
  const failed = versionOf('v.6', 'failed', 6);
  assert.deepEqual(decided([...line, failed], 'v.5').get('v.6')?.why, ['it tells that its image failed']);
  const later = [...line.slice(0, 4), versionOf('v.5', 'retired', 5), failed, versionOf('v.7', 'good', 7)];
  const decision = decided(later, 'v.7').get('v.6');
  assert.deepEqual([decision?.stays, decision?.why], [false, ['it failed, and a newer version runs']]);
});

test('what is staged stays with the version whose state it takes over; what a newer one has overtaken goes', () => {
  const staged = versionOf('v.6', 'staged', 6, { parent: 'v.3' });
  const decisions = decided([...line, staged], 'v.5');
  assert.deepEqual(staying(decisions), ['v.6', 'v.5', 'v.4', 'v.3']);
  assert.deepEqual(decisions.get('v.3')?.why, ['v.6 takes over its state']);
  const overtaken = versionOf('v.0', 'prepared', 0);
  assert.deepEqual(decided([...line, overtaken], 'v.5').get('v.0')?.why, [
    'it was never booted, and a newer version runs',
  ]);
});

test('where it is not known which version runs, all that ever was good stays', () => {
  const decisions = decided([...line, versionOf('v.0', 'failed', 0)], null);
  assert.deepEqual(staying(decisions), ['v.5', 'v.4', 'v.3', 'v.2', 'v.1']);
  assert.deepEqual(decisions.get('v.1')?.why, ['it is not known which version runs']);
});

test('whatever the versions are, none goes that is good, pinned, on its way, running or the last fallback', () => {
  const random = seededRandom(7);
  const states: readonly VersionState[] = ['staged', 'armed', 'trial', 'good', 'retired', 'retired', 'failed'];
  let gone = 0;
  for (let round = 0; round < 500; round++) {
    const records = Array.from({ length: 1 + random.below(8) }, (_, index) =>
      versionOf(`v.${index}`, random.pick(states), index, { pinned: random.below(6) === 0 }),
    );
    const running = random.below(5) === 0 ? null : random.pick(records).id;
    for (const { version, stays, why } of decideRetention({ records, running, keep: random.below(3) })) {
      assert.ok(why.length > 0);
      if (stays) continue;
      gone += 1;
      assert.ok(!version.pinned && version.id !== running);
      assert.ok(['staged', 'retired', 'failed'].includes(version.state));
    }
    const wereGood = records.filter(({ state }) => state === 'good' || state === 'retired');
    const left = decideRetention({ records, running, keep: 0 }).filter(({ stays }) => stays);
    const leftGood = left.filter(({ version }) => wereGood.includes(version) && version.id !== running);
    const hasFallback = wereGood.some(({ id }) => id !== running);
    if (hasFallback) assert.ok(leftGood.length > 0, JSON.stringify(records.map(({ id, state }) => [id, state])));
  }
  assert.ok(gone > 100, `${gone} versions went`);
});

const bindings = { home: 'main', settings: 'v.1', pg: 'v.1' };
const old = versionOf('v.1', 'retired', 1, { born: 'born-v.1', image: 'a', bindings });
const young = versionOf('v.2', 'good', 2, { image: 'b', bindings: { ...bindings, settings: 'v.2' } });

test('with a version go its root, its born tag, its own branches and its image, and nothing that another refers to', () => {
  assert.deepEqual(objectsThatGo(old, [young]), [
    { volume: 'system', kind: 'branch', name: 'v.1' },
    { volume: 'system', kind: 'tag', name: 'born-v.1' },
    { volume: 'settings', kind: 'branch', name: 'v.1' },
    { volume: 'system', kind: 'tag', name: 'a' },
  ]);
  assert.deepEqual(
    objectsThatGo(old, [young, versionOf('v.3', 'good', 3, { image: 'a' })]).map(({ name }) => name),
    ['v.1', 'born-v.1', 'v.1'],
  );
  // The boot that is to make a version tells by its base what was changed; once it is made, nothing does.
  const staged = versionOf('v.4', 'armed', 4, { image: 'c', base: 'a' });
  for (const [version, stays] of [
    [staged, true],
    [{ ...staged, born: 'born-v.4' }, false],
  ] as const) {
    const going = objectsThatGo(old, [young, version]).map(({ name }) => name);
    assert.equal(!going.includes('a'), stays);
  }
  assert.equal(objectsOf(old).length, 6);
});

test('a branch that was not made for the version is left, even where no version uses it any more', () => {
  const places = objectsThatGo(old, []);
  assert.ok(places.every(({ volume }) => volume !== 'home'));
});

test('a version whose removal has begun goes, is no fallback, and does not count among those that are kept', () => {
  const records = line.map((version) =>
    version.id === 'v.4' ? { ...version, removing: true, pinned: true } : version,
  );
  const decisions = decided(records, 'v.5', 2);
  assert.deepEqual(staying(decisions), ['v.5', 'v.3']);
  assert.deepEqual(decisions.get('v.4')?.why, ['its removal has begun']);
  assert.deepEqual(decisions.get('v.3')?.why, ['it is the last fallback', 'it is one of the newest 2 that were good']);
});

test('what others rest on is removed after them, and what cannot go is named with the reason', () => {
  // Each rests on the next: only the last that is tried can go in each round.
  const places = ['a', 'b', 'c', 'held'].map((name) => ({ volume: 'system', kind: 'tag', name }) as const);
  const there = new Set(places.map(({ name }) => name));
  const needs: Readonly<Record<string, string>> = { a: 'b', b: 'c' };
  const left = removeInRounds(places, ({ name }) => {
    const rests = needs[name];
    if (name === 'held' || (rests !== undefined && there.has(rests)))
      throw new Failure({ code: 'needed', kind: 'failed', message: `${name} is needed` });
    there.delete(name);
  });
  assert.deepEqual([...there], ['held']);
  assert.deepEqual(left, [{ place: places[3], why: 'held is needed' }]);
  const defect = (): never => {
    throw new TypeError('a defect');
  };
  assert.throws(() => removeInRounds(places, defect), TypeError);
});
