import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supervise } from '../../src/system/supervise.ts';

test('a command that does well is no failure', async () => {
  assert.deepEqual(await supervise(['true'], 60), { ok: true, reason: '' });
});

test('an exit status is the reason', async () => {
  assert.deepEqual(await supervise(['sh', '-c', 'exit 7'], 60), { ok: false, reason: 'it ended with 7' });
});

test('a crash is a failure with its signal', async () => {
  assert.deepEqual(await supervise(['sh', '-c', 'kill -SEGV $$'], 60), {
    ok: false,
    reason: 'it was killed (SIGSEGV)',
  });
});

test('a command that cannot be started is a failure', async () => {
  const { ok, reason } = await supervise(['/nonexistent/migrate'], 60);
  assert.equal(ok, false);
  assert.match(reason, /could not be started/);
});

test('case 113: a command that hangs is killed', async () => {
  assert.deepEqual(await supervise(['sleep', '600'], 2), { ok: false, reason: 'it made no progress for 2 s' });
});

test('case 113: a command that spins without reading or writing is killed', async () => {
  assert.deepEqual(await supervise(['sh', '-c', 'while :; do :; done'], 2), {
    ok: false,
    reason: 'it made no progress for 2 s',
  });
});

test('a command that copies for longer than the limit is not killed', async () => {
  const reading = `exec node -e '
    const fs = require("node:fs");
    const end = performance.now() + 4000;
    while (performance.now() < end) { fs.readFileSync("/proc/self/stat"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200); }'`;
  assert.deepEqual(await supervise(['sh', '-c', reading], 2), { ok: true, reason: '' });
});

test('signs on file descriptor 3 count as progress', async () => {
  const signs = 'i=0; while [ $i -lt 8 ]; do printf . >&3; sleep 0.5; i=$((i + 1)); done';
  assert.deepEqual(await supervise(['sh', '-c', signs], 2), { ok: true, reason: '' });
});
