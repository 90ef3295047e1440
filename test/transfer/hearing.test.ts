import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { aliveFrame, messageFrame } from '../../src/transfer/frames.ts';
import { Hearing } from '../../src/transfer/hearing.ts';
import { startPulse } from '../../src/transfer/patience.ts';

test('what came while this program stood still is heard: only a silence that it has listened to counts', async () => {
  const frame = messageFrame({ type: 'go' });
  // Written while nobody here can read.
  const program = 'setTimeout(() => process.stdout.write(Buffer.from(process.argv[1], "hex")), 700)';
  const child = spawn(process.execPath, ['-e', program, Buffer.from(frame).toString('hex')]);
  const hearing = new Hearing(child.stdout, { silence: 1000 });
  const coming = hearing.whileHeard(hearing.next());
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
  assert.deepEqual(await coming, { kind: 'message', text: '{"type":"go"}' });
});

test('an end that is heard of is waited for; one that is not is given up, and nothing it said is lost', async () => {
  const line = new PassThrough();
  const hearing = new Hearing(line, { silence: 500 });
  const stop = startPulse(100, async () => void line.write(aliveFrame()));
  const first = hearing.whileHeard(hearing.next());
  await sleep(1500);
  line.write(messageFrame({ type: 'first' }));
  assert.deepEqual(await first, { kind: 'message', text: '{"type":"first"}' });
  hearing.listen();
  line.write(messageFrame({ type: 'second' }));
  await hearing.whileHeard(sleep(300));
  stop();
  await assert.rejects(hearing.whileHeard(sleep(5000)), { code: 'silent', message: /for 0.5 seconds/ });
  assert.deepEqual(await hearing.next(), { kind: 'message', text: '{"type":"second"}' });
  line.end();
  assert.equal(await hearing.next(), null);
  assert.equal(await hearing.next(), null);
});

test('where the other end takes nothing, it is told once that this one is still there', async () => {
  let said = 0;
  const stop = startPulse(20, () => {
    said += 1;
    return new Promise(() => undefined);
  });
  await sleep(300);
  stop();
  assert.equal(said, 1);
});
