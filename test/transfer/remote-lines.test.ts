import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notesOfOrigin } from '../../src/domain/origin.ts';
import type { ObjectRecord } from '../../src/domain/volume.ts';
import { lineCalled, remoteLines } from '../../src/transfer/remote-lines.ts';

const [here, there, third] = ['1', '2', '3'].map((digit) => digit.repeat(32)) as [string, string, string];

function made(kind: ObjectRecord['kind'], name: string, order: number, more: Partial<ObjectRecord> = {}): ObjectRecord {
  const uuid = String(order).padStart(32, '0');
  return { uuid, volume: 'f'.repeat(32), kind, name, from: null, order, at: '', holds: [], notes: {}, ...more };
}

function received(name: string, order: number, source: string, branch: string): ObjectRecord {
  return made('tag', name, order, {
    notes: notesOfOrigin({ branch, branchUuid: 'e'.repeat(32), order, from: null, source }),
  });
}

function called(objects: readonly ObjectRecord[], branch: string, volumeInstance = here): string {
  const line = lineCalled(remoteLines(here, objects), branch, volumeInstance);
  return typeof line === 'string'
    ? line
    : `${line.own ? 'own' : line.source.slice(0, 1)} ${line.head?.name ?? 'without a tag'}`;
}

const main = made('branch', 'main', 1);

test('a branch of the store itself stands for its last tag', () => {
  const tags = [made('tag', 'one', 2, { from: main.uuid }), made('tag', 'two', 3, { from: main.uuid })];
  assert.equal(called([main, ...tags], 'main'), 'own two');
  assert.equal(called([main, ...tags.toReversed()], 'main'), 'own two');
  assert.equal(called([main, ...tags], 'other'), 'none');
});

test('a branch without a tag gives way to one of that name that another store has sent', () => {
  assert.equal(called([main], 'main'), 'own without a tag');
  assert.equal(called([main, received('one', 2, there, 'main')], 'main'), '2 one');
});

test('of branches of several stores that one counts which made the volume; else it is not told', () => {
  const objects = [received('one', 2, there, 'main'), received('two', 3, third, 'main')];
  assert.equal(called(objects, 'main'), 'several');
  assert.equal(called(objects, 'main', third), '3 two');
  assert.equal(called([main, made('tag', 'mine', 4, { from: main.uuid }), ...objects], 'main', third), 'own mine');
});

test('what was received is the tag of no branch here, whatever it was sent on top of', () => {
  const sent = { ...received('one', 2, there, 'work'), from: main.uuid };
  assert.equal(called([main, sent], 'main'), 'own without a tag');
  assert.equal(called([main, sent], 'work'), '2 one');
});
