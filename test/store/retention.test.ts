import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectRecord } from '../../src/domain/volume.ts';
import type { StoreEvent } from '../../src/store/event.ts';
import { Fold } from '../../src/store/fold.ts';
import { decideTags, type RetentionRules } from '../../src/store/retention.ts';
import { object, uuid, volume } from './sample-ledger.ts';

const db = volume(1, 'db');
const main = object(2, { name: 'main' });

function tag(number: number, at: string, facts: Partial<ObjectRecord> = {}): ObjectRecord {
  return object(number, { kind: 'tag', name: `t${number}`, from: main.uuid, at, ...facts });
}

/** The names of tags that stay, newest first. */
function staying(
  objects: readonly ObjectRecord[],
  rules: Partial<RetentionRules>,
  needed: (record: ObjectRecord) => readonly string[] = () => [],
): string[] {
  const fold = new Fold({ instance: uuid(0), host: 'here', backend: 'btrfs' });
  const events: StoreEvent[] = [
    { kind: 'volume', volume: db },
    ...objects.map((one): StoreEvent => ({ kind: 'found', object: one })),
  ];
  for (const [index, event] of events.entries()) assert.equal(fold.add(index + 1, event), null);
  const decided = decideTags(fold, db, { keepLast: 1, keepDays: null, ...rules }, needed);
  return decided.filter(({ stays }) => stays).map(({ tag: { name } }) => name);
}

const days = (...each: readonly string[]): ObjectRecord[] => [main, ...each.map((at, index) => tag(10 + index, at))];
const week = days('2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05');

test('the newest of each branch stay', () => {
  assert.deepEqual(staying(week, { keepLast: 2 }), ['t14', 't13']);
  const other = object(3, { name: 'other' });
  const both = [...week, other, tag(4, '2020-01-01', { from: other.uuid })];
  assert.deepEqual(staying(both, { keepLast: 2 }), ['t14', 't13', 't4']);
});

test('tags that are not older than so many days than the newest of the branch stay, whatever the clock says now', () => {
  assert.deepEqual(staying(week, { keepDays: 2 }), ['t14', 't13', 't12']);
  assert.deepEqual(staying(week, { keepDays: 0 }), ['t14']);
});

test('case 131: a clock that was wrong for a while makes no tag go that would have stayed', () => {
  const ahead = days('2026-03-01', '2099-01-01', '2026-03-03', '2026-03-04', '2026-03-05');
  assert.deepEqual(staying(ahead, { keepDays: 2 }), ['t14', 't13', 't12', 't11']);
  const behind = days('2026-03-01', '2026-03-02', '1970-01-01', '2026-03-04', '2026-03-05');
  assert.deepEqual(staying(behind, { keepDays: 2 }), ['t14', 't13', 't12']);
  const unreadable = days('2026-03-01', '2026-03-02', 'yesterday', '2026-03-04', '2026-03-05');
  assert.deepEqual(staying(unreadable, { keepDays: 2 }), ['t14', 't13', 't12']);
  assert.deepEqual(staying(days('x', 'y', 'z'), { keepDays: 2 }), ['t12', 't11', 't10']);
});

test('what is held, what a branch was made of and what others need stays', () => {
  const all = [
    ...week,
    tag(20, '2020-01-01', { holds: ['version:1'], order: 1 }),
    object(21, { from: week[1]?.uuid ?? null }),
  ];
  assert.deepEqual(
    staying(all, {}, ({ name }) => (name === 't12' ? ['version 2 needs it'] : [])),
    ['t14', 't12', 't10', 't20'],
  );
});

test('tags that were made of no branch are images, and stay', () => {
  const image = object(30, { kind: 'tag', name: 'image' });
  const ofImage = object(31, { kind: 'tag', name: 'copy', from: image.uuid });
  assert.deepEqual(staying([image, ofImage], {}), ['copy', 'image']);
});

test('the tags of a branch that is no more are still its tags', () => {
  const fold = new Fold({ instance: uuid(0), host: 'here', backend: 'btrfs' });
  const events: StoreEvent[] = [
    { kind: 'volume', volume: db },
    ...week.map((one): StoreEvent => ({ kind: 'found', object: one })),
    { kind: 'lost', object: main.uuid },
  ];
  for (const [index, event] of events.entries()) fold.add(index + 1, event);
  const decided = decideTags(fold, db, { keepLast: 2, keepDays: null }, () => []);
  assert.deepEqual(
    decided.map(({ stays }) => stays),
    [true, true, false, false, false],
  );
});
