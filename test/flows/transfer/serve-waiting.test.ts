import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveStore } from '../../../src/flows/transfer/serve-store.ts';
import { aliveFrame, messageFrame } from '../../../src/transfer/frames.ts';
import { transferSchema } from '../../../src/transfer/messages.ts';
import { capture } from './captured.ts';
import { RawClient } from './raw-client.ts';
import { findingsIn, never, objectOf, outcomeOf, put, withPeer, withTwoStores } from './two-stores.ts';

// Images in memory: what is tested is who waits for whom, not what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

for (const format of ['btrfs', 'tar'] as const) {
  test(`case 122: one that has begun to send as ${format} and says nothing more is given up, and the tag can be sent again`, async () => {
    await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
      const { request, bytes } = await capture(a, 'monday@db', format);
      const input = new PassThrough();
      const conversation = {
        ...{ input, write: () => Promise.resolve(), ended: () => Promise.resolve() },
        end: () => void input.destroy(),
      };
      const started = Date.now();
      const options = {
        ...({ access: 'append-only', volumes: null, program: '1', signal: never } as const),
        patience: { silence: 1000, pulse: 200 },
      };
      const served = serveStore(b.place, conversation, options);
      input.write(messageFrame({ type: 'hello', schema: transferSchema }));
      // Between requests anybody may think for as long as they like.
      await sleep(1500);
      input.write(messageFrame({ type: 'put', ...request }));
      input.write(Buffer.concat([Buffer.from([0x44, 0, 0, 0, 100]), bytes.subarray(0, 100)]));
      await assert.rejects(served, { code: 'silent', message: /Nothing was heard .* for 1 seconds/ });
      assert.ok(Date.now() - started > 2000);
      assert.deepEqual([b.state(), findingsIn(b)], [[], []]);
      assert.deepEqual(
        readdirSync(b.directory).filter((name) => name.startsWith('receiving-')),
        [],
      );
      await withPeer(b, async (peer) => {
        assert.equal(outcomeOf(await put(a, peer, { tag: 'monday@db', format })), 'monday@here+db');
      });
    });
  });
}

test('one that takes nothing of what it asked for, and says nothing, is given up', async () => {
  await withTwoStores(['overlay', 'overlay'], async (a) => {
    a.withContent('db/main', true, (cwd) => execFileSync('sh', ['-c', 'head -c 20000000 /dev/zero > large'], { cwd }));
    await a.must('volume', 'tag', 'large@db', 'db/main');
    const program = [process.execPath, resolve('test/flows/transfer/impatient-server.ts'), a.directory] as const;
    const child = spawn(program[0], program.slice(1));
    const said: string[] = [];
    child.stderr.on('data', (piece) => void said.push(String(piece)));
    child.stdin.write(messageFrame({ type: 'hello', schema: transferSchema }));
    const asked = { object: objectOf(a, 'large@db').uuid, format: 'tar', parent: null };
    child.stdin.write(messageFrame({ type: 'get', ...asked }));
    try {
      // For twice as long as it waits it is told that this end is still there.
      for (let times = 0; times < 10; times++) {
        await sleep(200);
        child.stdin.write(aliveFrame());
      }
      assert.equal(child.exitCode, null, said.join(''));
      const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
      assert.deepEqual([code, /Nothing was heard of the other end for 1 seconds/.test(said.join(''))], [1, true]);
    } finally {
      child.kill('SIGKILL');
      child.stdout.destroy();
    }
  });
});

test('one that is told to end does so, though nobody reads what it says', async () => {
  await withTwoStores(['overlay', 'overlay'], async (a) => {
    a.withContent('db/main', true, (cwd) => execFileSync('sh', ['-c', 'head -c 20000000 /dev/zero > large'], { cwd }));
    await a.must('volume', 'tag', 'large@db', 'db/main');
    const client = await RawClient.greeted(a);
    client.say({ type: 'get', object: objectOf(a, 'large@db').uuid, format: 'tar', parent: null });
    assert.equal(await client.word(), 'sent');
    await sleep(1500);
    assert.equal(client.child.exitCode, null, 'it waits');
    // Who does not read does not see the end of the output either, but that of the process.
    const exited = once(client.child, 'exit', { signal: AbortSignal.timeout(20_000) });
    client.child.kill('SIGTERM');
    try {
      await exited;
    } finally {
      client.child.kill('SIGKILL');
      client.child.stdout.destroy();
    }
  });
});
