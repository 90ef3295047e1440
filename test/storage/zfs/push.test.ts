import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { withHosts } from '../../transfer-hosts.ts';
import { makeDatasetOnce, makePool, nativesIn, propertyOf } from './test-pool.ts';

before(makePool);

type Sent = {
  readonly outcome: string;
  readonly format: string;
  readonly parent: string | null;
  readonly bytes: number;
  readonly there: string;
};

test('between two stores on ZFS a branch is pushed over ssh as streams: whole, then what changed on top of it', async () => {
  const pools = ['tank/alpha', 'tank/beta'].map((name) => makeDatasetOnce(name));
  try {
    await withHosts(
      ({ alpha, beta, connect }) => {
        connect();
        alpha.makeBranch('home', 'main', 'first');
        alpha.write('home/main', 'large', Buffer.alloc(2 * 2 ** 20, 'x'));
        const push = (): Sent => JSON.parse(alpha.done('push', 'home', 'beta', '--json')) as Sent;
        const first = push();
        assert.deepEqual([first.outcome, first.format, first.parent], ['sent', 'zfs', null]);
        assert.equal(beta.read(first.there), 'first');
        alpha.write('home/main', 'file', 'second');
        const second = push();
        assert.equal(second.format, 'zfs');
        assert.notEqual(second.parent, null);
        assert.ok(second.bytes < 2 ** 20 && first.bytes > 2 ** 21, `${first.bytes}, then ${second.bytes} bytes`);
        assert.equal(beta.read(first.there), 'first', 'nothing is removed at the other end');
        assert.equal(beta.read(second.there), 'second');
        assert.match(alpha.done('push', 'home', 'beta'), /^beta is up to date/);
        const received = nativesIn('tank/beta').filter((name) => name.includes('@'));
        assert.equal(received.length, 2);
        const guids = new Set(nativesIn('tank/alpha').map((name) => propertyOf(name, 'guid')));
        assert.ok(
          received.some((name) => guids.has(propertyOf(name, 'guid'))),
          'they are the snapshots that were sent',
        );
        assert.deepEqual([alpha.problems(), beta.problems()], [[], []]);
      },
      { alpha: 'zfs', beta: 'zfs' },
    );
  } finally {
    for (const pool of pools) pool.clear();
  }
});

test('from ZFS a branch travels as an archive to a store of another kind', async () => {
  const pool = makeDatasetOnce('tank/alpha');
  try {
    await withHosts(
      ({ alpha, beta, connect }) => {
        connect();
        alpha.makeBranch('home', 'main', 'first');
        const sent = JSON.parse(alpha.done('push', 'home', 'beta', '--json')) as Sent;
        assert.equal(sent.format, 'tar');
        assert.equal(beta.read(sent.there), 'first');
        assert.deepEqual([alpha.problems(), beta.problems()], [[], []]);
      },
      { alpha: 'zfs', beta: 'overlay' },
    );
  } finally {
    pool.clear();
  }
});
