import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { receiveTag } from '../../../src/flows/transfer/receive-tag.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import type { ByteStream } from '../../../src/system/streams.ts';
import { describeDifferences } from '../../property/describe-differences.ts';
import { readTree } from '../../property/read-tree.ts';
import type { TreeNode } from '../../property/tree-node.ts';
import type { StoreSandbox } from '../../store/store-sandbox.ts';
import { findingsIn, hooks, type Kind, objectOf, outcomeOf, put, withPeer, withTwoStores } from './two-stores.ts';

// Images in memory: what is tested is what travels, not what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

const system = realSystem(['/bin/false']);

const pairs: readonly (readonly [Kind, Kind, 'btrfs' | 'tar'])[] = [
  ['btrfs', 'btrfs', 'btrfs'],
  ['btrfs', 'overlay', 'tar'],
  ['overlay', 'btrfs', 'tar'],
  ['overlay', 'overlay', 'tar'],
];

for (const [here, there, format] of pairs) {
  test(`a tag goes from ${here} to ${there} as ${format}, with all that it holds, and is fetched back`, async () => {
    await withTwoStores([here, there], async (a, b) => {
      fill(a);
      await a.must('volume', 'tag', 'full@db', 'db/main');
      await withPeer(b, async (peer) => {
        assert.deepEqual([peer.hello.backend, peer.hello.access], [there, 'append-only']);
        assert.deepEqual(await peer.objects(null), []);
        assert.equal(outcomeOf(await put(a, peer, { tag: 'full@db', format })), 'full@here+db');
        assertSame(a, 'full@db', b, 'full@here+db');
        const [volume] = await peer.objects(objectOf(a, 'full@db').volume);
        assert.deepEqual(
          volume?.objects.map(({ uuid, kind }) => [uuid, kind]),
          [[objectOf(a, 'full@db').uuid, 'tag']],
        );
      });
      const { notes } = objectOf(b, 'full@here+db');
      assert.deepEqual(
        [notes['branch'], notes['branchUuid'], notes['sourceOrder']],
        ['main', objectOf(a, 'db/main').uuid, String(objectOf(a, 'full@db').order)],
      );
      assert.equal(notes['without'], format === 'tar' ? '/socket' : undefined);
      assert.deepEqual(findingsIn(b), []);
      await a.must('volume', 'destroy', 'full@db');
      await fetchBack(a, b, format);
      assertSame(a, 'full@db', b, 'full@here+db');
      assert.deepEqual(a.problems(), []);
    });
  });
}

test('what differs from a tag that both have is sent on top of it, and on top of what was received', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    await withPeer(b, async (peer) => {
      const bytes: number[] = [];
      const counted = ({ bytes: stream }: { readonly bytes: ByteStream }): ByteStream => count(stream, bytes);
      a.write('db/main', 'large', 'x'.repeat(3_000_000));
      await a.must('volume', 'tag', 'one@db', 'db/main');
      a.write('db/main', 'file', 'two');
      await a.must('volume', 'tag', 'two@db', 'db/main');
      assert.equal(outcomeOf(await put(a, peer, { tag: 'one@db', format: 'btrfs', bytes: counted })), 'one@here+db');
      const next = { tag: 'two@db', format: 'btrfs', parent: 'one@db', expects: 'one@db', bytes: counted } as const;
      assert.equal(outcomeOf(await put(a, peer, next)), 'two@here+db');
      assertSame(a, 'two@db', b, 'two@here+db');
      const [whole = 0, difference = 0] = bytes;
      assert.ok(whole > 3_000_000 && difference < 10_000, `${bytes}`);
    });
    assert.equal(objectOf(b, 'two@here+db').from, objectOf(a, 'one@db').uuid);
  });
});

test('case 123: a tag whose name is taken gets a name of its own, and a volume of the name is never another', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    await b.must('volume', 'create', 'here+other');
    await withPeer(b, async (peer) => {
      await put(a, peer, { tag: 'monday@db', format: 'btrfs' });
      await a.must('volume', 'release', 'monday@db');
      await a.must('volume', 'destroy', 'db/try');
      await a.must('volume', 'destroy', 'monday@db');
      await a.must('volume', 'tag', 'monday@db', 'db/main');
      const sent = {
        tag: 'monday@db',
        format: 'btrfs',
        changed: (one) => ({ ...one, origin: null }),
      } as const satisfies Parameters<typeof put>[2];
      const name = `monday-${objectOf(a, 'monday@db').uuid.slice(0, 8)}`;
      assert.equal(outcomeOf(await put(a, peer, sent)), `${name}@here+db`);
      const other = await put(a, peer, {
        ...{ tag: 'tuesday@db', format: 'btrfs' },
        changed: (one) => {
          const uuid = '0123456789abcdef'.repeat(2);
          return { ...one, volume: { ...one.volume, uuid, name: 'other' }, object: { ...one.object, volume: uuid } };
        },
      });
      assert.equal(outcomeOf(other), 'unrelated');
    });
  });
});

/** Everything that an archive and a stream can hold, and a socket. */
function fill(store: StoreSandbox): void {
  store.withContent('db/main', true, (directory) => {
    const script = `mkdir -p d/e; echo a > d/a; ln d/a d/e/b; ln -s ../nowhere d/soft; mkfifo pipe; mknod disk b 7 99
      mknod null c 1 3; truncate -s 2M holes; printf x | dd of=holes bs=1 seek=1000000 conv=notrunc status=none
      chown 7:8 d/a; chmod 6755 d/a; chmod 1777 d/e; touch -d 2001-02-03T04:05:06.789 d/a; touch "$(printf 'nam\\351\\n')"
      python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
      setcap cap_net_raw=ep holes; setfacl -m u:77:rwx d; setfacl -d -m g:88:rx d`;
    execFileSync('sh', ['-c', script], { cwd: directory });
    const files = system.openRoot(directory);
    files.setXattr('/d/a', 'user.binary', 'nul\0\xff=\n');
    files.setXattr('/d', 'trusted.something', 'x');
    files.close();
  });
}

function contentOf(store: StoreSandbox, name: string): TreeNode {
  return store.withContent(name, false, (directory) => {
    const files = system.openRoot(directory);
    try {
      return readTree(files);
    } finally {
      files.close();
    }
  });
}

function assertSame(a: StoreSandbox, name: string, b: StoreSandbox, other: string): void {
  const [sent, received] = [contentOf(a, name), contentOf(b, other)];
  const differences = describeDifferences(received, sent, new Set());
  assert.deepEqual(
    differences.filter((line) => !line.includes('socket')),
    [],
  );
}

async function fetchBack(a: StoreSandbox, b: StoreSandbox, format: 'btrfs' | 'tar'): Promise<void> {
  await withPeer(b, async (peer) => {
    const answer = await peer.get({ object: objectOf(b, 'full@here+db').uuid, format, parent: null });
    assert.equal(answer.kind, 'sent');
    if (answer.kind !== 'sent') return;
    const request = { ...answer.offer, expects: null };
    const { object, volume } = await receiveTag(a.place, request, () => answer.bytes, hooks);
    assert.deepEqual([object.name, volume.name], ['full', 'db']);
    await assert.rejects(
      receiveTag(a.place, request, () => answer.bytes, hooks),
      { code: 'diverged' },
    );
  });
}

async function* count(stream: ByteStream, into: number[]): ByteStream {
  const index = into.push(0) - 1;
  for await (const piece of stream) {
    into[index] = (into[index] ?? 0) + piece.length;
    yield piece;
  }
}
