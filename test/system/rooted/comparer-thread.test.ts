import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const program = join(import.meta.dirname, 'compare-on-thread.ts');

function outcomeOf(...words: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

// One that was being loaded there when the process ended aborted it.
test('case 65: the second thread compares without a native library', () => {
  assert.deepEqual(outcomeOf(), { isSame: true, hasLibrary: false });
  // The control: one that is there is seen.
  assert.deepEqual(outcomeOf('native'), { isSame: true, hasLibrary: true });
});

test('case 8: what the second thread cannot read, or close, is not the same, and nobody waits for ever', () => {
  assert.deepEqual(outcomeOf('closed'), { isSame: false, hasLibrary: false });
});
