import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEnvironmentBlock, parseEnvironmentBlock } from '../../../src/boot/grub/environment-block.ts';
import { generationOf, stateOf, variablesOf } from '../../../src/boot/grub/state-variables.ts';
import type { LoaderState } from '../../../src/boot/loader.ts';

const states: readonly LoaderState[] = [
  { good: null, trial: null, once: null },
  { good: 'trixie.1', trial: null, once: null },
  { good: 'v1', trial: { version: 'v2', tries: 9, failed: false }, once: null },
  { good: 'v1', trial: { version: 'v2', tries: 0, failed: false }, once: { mode: 'total', nonce: 'f00' } },
  { good: 'v1', trial: { version: 'v2', tries: 0, failed: true }, once: null },
];

test('a state is the same after it was written and read', () => {
  for (const state of states) {
    const block = formatEnvironmentBlock(variablesOf(state, 17));
    const variables = parseEnvironmentBlock(block) ?? new Map();
    assert.deepEqual(stateOf(variables), state);
    assert.equal(generationOf(variables), 17);
  }
});

test('the longest ids fit', () => {
  const version = 'v'.repeat(120);
  const trial = { version: `${version}w`.slice(1), tries: 9, failed: true };
  const once = { mode: 'system', nonce: 'f'.repeat(32) };
  formatEnvironmentBlock(variablesOf({ good: version, trial, once }, 2 ** 31 - 3));
});

test('case 102: of a block that was cut off anywhere GRUB reads no greater generation', () => {
  const text = formatEnvironmentBlock(variablesOf({ good: 'v1', trial: null, once: null }, 4711));
  const complete = text.indexOf('\n#');
  for (let length = 0; length < complete; length += 1) {
    // GRUB takes the last line without its end too.
    const read = Number(/^migrate_generation=(.*)$/m.exec(text.slice(0, length))?.[1] ?? 0);
    assert.ok(read < 4711, `${read} of ${length} bytes`);
  }
});

test('case 104: what GRUB could not compare or would take for something else is not written', () => {
  const [, plain] = states;
  assert.ok(plain);
  const refused: readonly LoaderState[] = [
    { ...plain, good: 'null; reboot' },
    { ...plain, good: '' },
    { ...plain, trial: { version: '$x', tries: 1, failed: false } },
    { ...plain, trial: { version: 'v2', tries: 10, failed: false } },
    { ...plain, trial: { version: 'v2', tries: -1, failed: false } },
    { ...plain, trial: { version: 'v2', tries: 1.5, failed: false } },
    { ...plain, once: { mode: 'a b', nonce: 'x' } },
    { ...plain, once: { mode: 'total', nonce: '' } },
  ];
  for (const state of refused) assert.throws(() => variablesOf(state, 1), { code: 'loader-not-written' });
  assert.throws(() => variablesOf(plain, 2 ** 31), { code: 'loader-not-written' });
});

test('variables that say no state are refused', () => {
  const whole = variablesOf({ good: 'v1', trial: { version: 'v2', tries: 1, failed: false }, once: null }, 3);
  for (const [name, value] of [
    ['migrate_state', 'maybe'],
    ['migrate_tries', '12'],
    ['migrate_tries', 'unread'],
    ['migrate_trial', ''],
    ['migrate_good', '$x'],
  ] as const) {
    assert.equal(stateOf(new Map([...whole, [name, value]])), null, `${name}=${value}`);
  }
  for (const generation of ['', '0', '-1', '1e3', '99999999999']) {
    assert.equal(generationOf(new Map([...whole, ['migrate_generation', generation]])), null, generation);
  }
});
