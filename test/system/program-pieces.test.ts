import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pieces } from '../../src/system/program-pieces.ts';

test('all that a program writes is handed on, however much it is', () => {
  let count = 0;
  let sum = 0;
  for (const piece of pieces('sh', ['-c', 'head -c 10000000 /dev/zero; printf end'])) {
    count += piece.length;
    for (const byte of piece) sum += byte;
  }
  assert.deepEqual([count, sum], [10_000_003, 101 + 110 + 100]);
});

test('a program that is not there writes nothing, and nothing is ended in its place', () => {
  assert.deepEqual([...pieces('no-such-program', [])], []);
});

test('a program is ended where the reading stops', async () => {
  let process = '';
  for (const piece of pieces('sh', ['-c', 'echo $$; exec sleep 1000'])) {
    process = Buffer.from(piece).toString().trim();
    break;
  }
  assert.match(process, /^\d+$/);
  for (const end = Date.now() + 10_000; existsSync(`/proc/${process}`); await sleep(10)) assert.ok(Date.now() < end);
});
