import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { receiveTag } from '../../../src/flows/transfer/receive-tag.ts';
import { checkStore } from '../../../src/store/fsck.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import type { ByteStream } from '../../../src/system/streams.ts';
import { diesLater } from '../../apply/interruption.ts';
import { cutSystem } from '../../store/cut-system.ts';
import { forgetIntent } from '../../store/operations.ts';
import type { StoreSandbox } from '../../store/store-sandbox.ts';
import { type Captured, capture, inPieces } from './captured.ts';
import { RawClient } from './raw-client.ts';
import { findingsIn, hooks, type Kind, withTwoStores } from './two-stores.ts';

// Images in memory: what is tested is order, not what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

const kinds: readonly (readonly [Kind, 'btrfs' | 'tar'])[] = [
  ['btrfs', 'btrfs'],
  ['btrfs', 'tar'],
  ['overlay', 'tar'],
];

for (const [kind, format] of kinds) {
  test(`case 65: receiving ${format} on ${kind}, cut off at every change, leaves the tag whole or nothing, and is done again`, async (t) => {
    await withTwoStores([format === 'btrfs' ? 'btrfs' : 'overlay', kind], async (a, b) => {
      const sent = await capture(a, 'monday@db', format);
      for (let at = 1; ; at++) {
        await b.renewEmpty();
        const cut = cutSystem({ at, moment: at % 3 === 0 ? 'during' : 'before' });
        const wasCut = await diesLater(() => receive(b, sent, cut.system));
        const left = b.state();
        changeStore(b.place, () => undefined);
        assert.deepEqual(findingsIn(b), [], `cut off at ${at}`);
        const isThere = b.state().includes('tag monday@here+db');
        assert.deepEqual(isThere ? [] : b.state(), [], `cut off at ${at}, when there was ${left}`);
        assert.deepEqual(remains(b), [], `cut off at ${at}`);
        if (!wasCut) {
          t.diagnostic(`${at - 1} cuts`);
          assert.ok(isThere && at > 15);
          return;
        }
        if (!isThere) await receive(b, sent);
        assert.equal(b.read('monday@here+db', 'file'), 'first', `done again after ${at}`);
      }
    });
  });

  test(`case 125: a program that is killed while it receives ${format} on ${kind} leaves nothing that counts`, async () => {
    await withTwoStores([format === 'btrfs' ? 'btrfs' : 'overlay', kind], async (a, b) => {
      a.write('db/main', 'large', 'x'.repeat(400_000));
      await a.must('volume', 'tag', 'large@db', 'db/main');
      const sent = await capture(a, 'large@db', format);
      for (const part of [0, 0.01, 0.5, 1]) {
        const client = await RawClient.greeted(b);
        client.say({ type: 'put', ...sent.request });
        assert.equal(await client.word(), 'go');
        client.send(sent.bytes.subarray(0, Math.floor(sent.bytes.length * part)));
        await new Promise((resolve) => setTimeout(resolve, 200));
        client.child.kill('SIGKILL');
        await client.ended();
        assert.deepEqual(findingsIn(b), [], `killed at ${part}`);
        assert.deepEqual([b.state(), remains(b)], [[], []], `killed at ${part}`);
      }
      await receive(b, sent);
      assert.equal(b.read('large@here+db', 'large').length, 400_000);
    });
  });

  test(`what is being received as ${format} on ${kind} is left alone by all that changes the store meanwhile`, async () => {
    await withTwoStores([format === 'btrfs' ? 'btrfs' : 'overlay', kind], async (a, b) => {
      const sent = await capture(a, 'monday@db', format);
      const bytes = inPieces(sent.bytes, Math.ceil(sent.bytes.length / 3), async (at) => {
        if (at === 0) return;
        await b.must('volume', 'create', `new-${at}`);
        const { stdout } = await b.run(['volume', 'fsck']);
        assert.match(stdout, /monday@here\+db/);
        assert.equal((await b.run(['volume', 'fsck', '--repair'])).status, 0);
        const taken = await b.run(['volume', 'destroy', 'monday@here+db']);
        assert.match(taken.stderr, /is being received/);
        await assert.rejects(receive(b, sent), { code: 'busy' });
        const forget = await b.run(['volume', 'destroy', 'here+db']);
        assert.notEqual(forget.status, 0);
      });
      await receiveTag(b.place, sent.request, () => bytes, hooks);
      assert.equal(b.read('monday@here+db', 'file'), 'first');
      assert.deepEqual([findingsIn(b), remains(b)], [[], []]);
    });
  });

  test(`without its lock what is being received as ${format} on ${kind} is given up, and says so`, async () => {
    await withTwoStores([format === 'btrfs' ? 'btrfs' : 'overlay', kind], async (a, b) => {
      const sent = await capture(a, 'monday@db', format);
      const bytes = inPieces(sent.bytes, Math.ceil(sent.bytes.length / 3), async (at) => {
        for (const name of locksOf(b)) rmSync(join(b.directory, name));
        if (at > 0) await b.must('volume', 'create', `new-${at}`);
      });
      await assert.rejects(receiveTag(b.place, sent.request, () => bytes, hooks));
      assert.deepEqual([findingsIn(b), remains(b)], [[], []]);
    });
  });
}

test('of two that send on top of the same head at the same time, the later to end is refused, and leaves nothing', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    const [first, second] = [await capture(a, 'monday@db', 'btrfs'), await capture(a, 'tuesday@db', 'btrfs')];
    const slow = inPieces(first.bytes, Math.ceil(first.bytes.length / 2), async (at) => {
      if (at > 0) await receive(b, second);
    });
    await assert.rejects(
      receiveTag(b.place, first.request, () => slow, hooks),
      { code: 'diverged' },
    );
    assert.deepEqual(b.state(), ['data here+db', 'tag tuesday@here+db']);
    assert.deepEqual([findingsIn(b), remains(b)], [[], []]);
  });
});

test('what somebody has laid in the place of a tag while it is received stays', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    for (const format of ['btrfs', 'tar'] as const) {
      const tag = `${format === 'tar' ? 'monday' : 'tuesday'}`;
      const sent = await capture(a, `${tag}@db`, format);
      const theirs = join(b.directory, 'volumes/here+db/tags', tag);
      const bytes = (): ByteStream => {
        mkdirSync(dirname(theirs), { recursive: true });
        execFileSync('btrfs', ['-q', 'subvolume', 'create', theirs]);
        return inPieces(sent.bytes);
      };
      await assert.rejects(receiveTag(b.place, sent.request, bytes, hooks), { code: 'exists' });
      assert.ok(existsSync(theirs));
      assert.deepEqual([b.state(), remains(b)], [[], []]);
      assert.match(findingsIn(b).join(), new RegExp(`^foreign: ${tag}@here.db`));
      execFileSync('btrfs', ['-q', 'subvolume', 'delete', theirs]);
    }
  });
});

test('a ledger is not made anew while something is received', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    const sent = await capture(a, 'monday@db', 'btrfs');
    const bytes = inPieces(sent.bytes, Math.ceil(sent.bytes.length / 2), async (at) => {
      if (at === 0) return;
      rmSync(join(b.directory, 'ledger.ndjson'));
      const { status, stderr } = await b.run(['volume', 'fsck', '--repair']);
      assert.deepEqual([status, /is being received/.test(stderr)], [1, true], stderr);
    });
    await assert.rejects(
      receiveTag(b.place, sent.request, () => bytes, hooks),
      { code: 'ledger-missing' },
    );
    await b.must('volume', 'fsck', '--repair');
    assert.equal(b.read('monday@here+db', 'file'), 'first', 'it was whole, with its record');
    assert.deepEqual([findingsIn(b), remains(b)], [[], []]);
  });
});

test('without the record of what was begun, cutting off a receive leaves what nobody owns', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    const sent = await capture(a, 'monday@db', 'btrfs');
    const left: string[] = [];
    for (let at = 1; ; at++) {
      await b.renewEmpty();
      const cut = cutSystem({ at, moment: 'before' });
      if (!(await diesLater(() => receive(b, sent, cut.system)))) break;
      forgetIntent(b.directory);
      left.push(...checkStore(b.place).findings.map(({ kind }) => kind), ...remains(b));
    }
    assert.ok(left.length > 0);
  });
});

async function receive(store: StoreSandbox, { request, bytes }: Captured, system = store.place.system): Promise<void> {
  await receiveTag(store.placeWith(system), request, () => inPieces(bytes), hooks);
}

function locksOf({ directory }: StoreSandbox): string[] {
  return readdirSync(directory).filter((name) => name.startsWith('receiving-'));
}

/** What a transfer leaves in a store that knows nothing of it. */
function remains(store: StoreSandbox): string[] {
  const receiving = join(store.directory, 'volumes/.receiving');
  return [...locksOf(store), ...(existsSync(receiving) ? readdirSync(receiving) : [])];
}
