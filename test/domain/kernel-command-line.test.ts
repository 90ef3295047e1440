import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKernelCommandLine } from '../../src/domain/kernel-command-line.ts';

test('words are found with and without a value; of several values the last counts', () => {
  const line = parseKernelCommandLine('BOOT_IMAGE=/vmlinuz root=LABEL=A ro quiet root=LABEL=B migrate.run\n');
  assert.equal(line.value('root'), 'LABEL=B');
  assert.deepEqual(['ro', 'root', 'migrate.run', 'rw', 'LABEL'].map(line.has), [true, true, true, false, false]);
  assert.deepEqual([line.value('ro'), line.value('rw')], [null, null]);
});

test('double quotes hold spaces together and are no part of the value', () => {
  const line = parseKernelCommandLine('a="x y" "b=1 2" c="" d');
  assert.deepEqual(['a', 'b', 'c'].map(line.value), ['x y', '1 2', '']);
  assert.equal(line.has('d'), true);
});

test('a name is neither a prefix nor a suffix of another', () => {
  const line = parseKernelCommandLine('migrate.running rd.migrate.run=1 xro');
  assert.deepEqual(['migrate.run', 'ro'].map(line.has), [false, false]);
});

test('an empty line has nothing', () => {
  assert.equal(parseKernelCommandLine('\n').has(''), false);
});
