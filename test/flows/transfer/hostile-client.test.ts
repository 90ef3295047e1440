import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { realSystem } from '../../../src/system/real-system.ts';
import { StreamSum } from '../../../src/transfer/checked-stream.ts';
import type { PutRequest } from '../../../src/transfer/peer.ts';
import type { StoreSandbox } from '../../store/store-sandbox.ts';
import { type Captured, capture } from './captured.ts';
import { RawClient } from './raw-client.ts';
import { findingsIn, objectOf, put, withPeer, withTwoStores } from './two-stores.ts';

// Images in memory: what is tested is who may do what, not what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

const system = realSystem(['/bin/false']);
const other = '0123456789abcdef'.repeat(2);

test('a request with names that lead elsewhere, or that lacks anything, is refused before anything is made', async () => {
  await withTwoStores(['overlay', 'btrfs'], async (a, b) => {
    const { request } = await capture(a, 'monday@db', 'tar');
    assert.deepEqual(findingsIn(b), []);
    const before = readdirSync(b.directory);
    const { volume, object, origin } = request;
    const bad: readonly object[] = [
      ...['../x', '..', '', '/etc', 'a/b', '.hidden', 'x.json', 'x.partial', 'a..b', 'x\0', 'x'.repeat(121)].flatMap(
        (name) => [
          { ...request, object: { ...object, name } },
          { ...request, volume: { ...volume, name } },
          { ...request, volume: { ...volume, host: name } },
          { ...request, origin: { ...origin, branch: name } },
        ],
      ),
      { ...request, object: { ...object, uuid: '../../x' } },
      { ...request, object: { ...object, kind: 'branch' } },
      { ...request, object: { ...object, volume: other } },
      { ...request, object: { ...object, notes: { a: 1 } } },
      { ...request, object: { ...object, notes: { a: 'x'.repeat(64 * 1024) } } },
      { ...request, object: null },
      { ...request, format: 'sh' },
      { ...request, proof: 7 },
      { ...request, leftOut: 'all' },
      { ...request, parent: '../monday' },
      { ...request, expects: 'main' },
      { ...request, origin: {} },
    ];
    const client = await RawClient.greeted(b);
    for (const one of bad) {
      client.say({ type: 'put', ...one });
      assert.equal(await client.word(), 'bad-request', JSON.stringify(one));
    }
    // Each part is as long as it may be, and they are too long together.
    client.say({ type: 'put', ...request, volume: { ...volume, name: 'x'.repeat(120), host: 'y'.repeat(120) } });
    assert.equal(await client.word(), 'bad-request');
    assert.equal((await client.ended()).code, 0);
    assert.deepEqual([b.state(), readdirSync(b.directory), findingsIn(b)], [[], before, []]);
  });
});

test('what is no request is refused, and what cannot be one ends the connection', async () => {
  await withTwoStores(['overlay', 'overlay'], async (a) => {
    const client = await RawClient.greeted(a);
    for (const message of [
      {},
      [],
      { type: 'remove', object: other },
      { type: '__proto__' },
      { type: 'toString' },
      { type: 7 },
    ]) {
      client.say(message);
      assert.equal(await client.word(), 'bad-request', JSON.stringify(message));
    }
    client.send(Buffer.from('data that nobody has asked for'));
    client.say({ type: 'end', bytes: 0, sha256: '' });
    client.say({ type: 'get', object: other, format: 'tar', parent: null });
    client.say({ type: 'get', object: objectOf(a, 'db/main').uuid, format: 'tar', parent: null });
    client.say({ type: 'get', object: objectOf(a, 'monday@db').uuid, format: 'btrfs', parent: null });
    client.say({ type: 'hello', schema: 'migrate.transfer/99' });
    const words: string[] = [];
    for (let count = 0; count < 6; count++) words.push(await client.word());
    assert.deepEqual(words, ['bad-request', 'bad-request', 'no-object', 'no-object', 'format', 'bad-request']);
    client.say({ type: 'objects', volume: null });
    assert.equal(await client.word(), 'objects', 'it goes on');
    assert.equal((await client.ended()).code, 0);
    const before = readdirSync(a.directory);
    const nonsense = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from([0x4d, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0x4d, 0x00, 0x10, 0x00, 0x01]),
      Buffer.from([0x4d, 0, 0, 0, 1, 0xff]),
      Buffer.from([0x4d, 0, 0, 1]),
      Buffer.from([0x4d, 0, 0, 0, 9, 0x7b]),
    ];
    const end = async (bytes: Uint8Array): Promise<void> => {
      const another = new RawClient(a);
      assert.equal(await another.word(), 'hello');
      another.raw(bytes);
      const isWhole = bytes.length >= 5 && !bytes.includes(0x7b);
      const { code, stderr } = await (isWhole ? another.left() : another.ended());
      assert.deepEqual([code, /^migrate: Cannot read what the other end sent: .*\n$/.test(stderr)], [1, true], stderr);
    };
    await Promise.all(nonsense.map(end));
    assert.deepEqual([readdirSync(a.directory), a.problems()], [before, []]);
  });
});

test('what is there is never replaced, and a head that is another than was seen is not passed over', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    await withPeer(b, async (peer) => {
      await put(a, peer, { tag: 'monday@db', format: 'btrfs' });
      await put(a, peer, { tag: 'tuesday@db', format: 'btrfs', parent: 'monday@db', expects: 'monday@db' });
    });
    const state = b.state();
    const [monday, tuesday] = [
      await capture(a, 'monday@db', 'btrfs'),
      await capture(a, 'tuesday@db', 'btrfs', 'monday@db'),
    ];
    const wednesday = await capture(a, 'wednesday@db', 'btrfs', 'tuesday@db');
    const client = await RawClient.greeted(b);
    const cases: readonly (readonly [PutRequest, string])[] = [
      [monday.request, 'diverged'],
      [tuesday.request, 'diverged'],
      [{ ...tuesday.request, expects: tuesday.request.object.uuid }, 'exists'],
      [{ ...tuesday.request, origin: null }, 'exists'],
      [{ ...wednesday.request, expects: null }, 'diverged'],
      [{ ...wednesday.request, expects: other }, 'diverged'],
      [{ ...wednesday.request, expects: monday.request.object.uuid }, 'diverged'],
    ];
    for (const [request, word] of cases) {
      client.say({ type: 'put', ...request });
      assert.equal(await client.word(), word);
    }
    await client.ended();
    assert.deepEqual([b.state(), findingsIn(b)], [state, []]);
  });
});

test('a tag that comes again by a name that is taken, or with holds and purposes, takes nothing of what is there', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    await RawClient.using(b, async (client) => {
      const { request, bytes } = await capture(a, 'monday@db', 'btrfs');
      const held = {
        ...request.object,
        holds: ['user'],
        notes: { purpose: 'receiving', receiving: other, madeFor: 'v.1' },
      };
      assert.deepEqual(await upload(client, { request: { ...request, object: held }, bytes }), ['go', 'received']);
      const second = { ...request, object: { ...request.object, uuid: other }, expects: request.object.uuid };
      assert.deepEqual(await upload(client, { request: second, bytes }), ['go', 'received']);
      assert.deepEqual(findingsIn(b), []);
      assert.deepEqual(b.state(), ['data here+db', 'tag monday-01234567@here+db', 'tag monday@here+db']);
      const { notes } = objectOf(b, 'monday@here+db');
      assert.deepEqual(
        [notes['purpose'], notes['receiving'], notes['madeFor'], notes['sourcePurpose']],
        [undefined, undefined, undefined, 'receiving'],
      );
    });
  });
});

for (const format of ['btrfs', 'tar'] as const) {
  test(`a stream of ${format} that is cut short, changed, or of something else becomes nothing`, async () => {
    await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
      await RawClient.using(b, async (client) => {
        const sent = await capture(a, 'monday@db', format);
        const { request, bytes } = sent;
        const flipped = Uint8Array.from(bytes);
        const middle = Buffer.from(bytes).indexOf('first');
        assert.ok(middle > 0);
        const short = bytes.subarray(0, middle);
        flipped[middle] = (flipped[middle] ?? 0) ^ 1;
        const cases: readonly (readonly [string, Captured, object?])[] = [
          ['cut short, and honest', { request, bytes: short }],
          ['cut short', { request, bytes: short }, endOf(bytes)],
          ['nothing', { request, bytes: new Uint8Array(0) }],
          ['changed, and honest', { request, bytes: flipped }],
          ['changed', { request, bytes: flipped }, endOf(bytes)],
          ['another sum', sent, { ...endOf(bytes), sha256: 'f'.repeat(64) }],
          ['another length', sent, { ...endOf(bytes), bytes: bytes.length - 1 }],
          ['more behind it', { request, bytes: Buffer.concat([bytes, Buffer.from('more')]) }],
          ['another proof', { request: { ...request, proof: other }, bytes }],
        ];
        for (const [what, captured, end] of cases) {
          assert.deepEqual(await upload(client, captured, end), ['go', 'stream-damaged'], what);
          assert.deepEqual([b.state(), findingsIn(b)], [[], []], what);
        }
        assert.deepEqual(await upload(client, sent, { type: 'abort' }), ['go', 'failed']);
        assert.deepEqual([b.state(), findingsIn(b)], [[], []]);
        assert.deepEqual(await upload(client, sent), ['go', 'received']);
      });
    });
  });
}

test('an archive that would write outside of its tag is refused', async () => {
  await withTwoStores(['overlay', 'overlay'], async (a, b) => {
    await RawClient.using(b, async (client) => {
      const { request } = await capture(a, 'monday@db', 'tar');
      const directory = mkdtempSync('/dev/shm/migrate-hostile-');
      const archives = {
        up: 'echo x > file; tar -cPf - --transform "s,^,../../," file',
        absolute: 'echo x > file; tar -cPf - --transform "s,^,/tmp/," file',
        link: 'ln -s / way; tar -cf one.tar way; rm way; mkdir way; echo x > way/made; tar -rf one.tar way/made; cat one.tar',
        whiteout: 'mknod gone c 0 0; tar -cf - gone',
      };
      for (const [what, script] of Object.entries(archives)) {
        rmSync(directory, { recursive: true });
        execFileSync('mkdir', [directory]);
        const bytes = execFileSync('sh', ['-c', script], { cwd: directory });
        assert.deepEqual(await upload(client, { request, bytes }), ['go', 'stream-damaged'], what);
        assert.deepEqual([b.state(), findingsIn(b)], [[], []], what);
      }
      rmSync(directory, { recursive: true });
    });
  });
});

test('case 122: what builds on a tag that is not there is refused, and nothing else is said to be its parent', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    await RawClient.using(b, async (client) => {
      const { request, bytes } = await capture(a, 'tuesday@db', 'btrfs', 'monday@db');
      assert.deepEqual(await upload(client, { request: { ...request, expects: null }, bytes }), ['parent-missing']);
      const whole = await capture(a, 'wednesday@db', 'btrfs');
      assert.deepEqual(await upload(client, whole), ['go', 'received']);
      const lie = { ...request, expects: whole.request.object.uuid, parent: whole.request.object.uuid };
      assert.deepEqual(await upload(client, { request: lie, bytes }), ['go', 'parent-missing']);
      assert.deepEqual(
        [b.state().filter((one) => one.startsWith('tag')), findingsIn(b)],
        [['tag wednesday@here+db'], []],
      );
    });
  });
});

for (const [kind, format] of [
  ['btrfs', 'btrfs'],
  ['btrfs', 'tar'],
  ['overlay', 'tar'],
] as const) {
  test(`a store on ${kind} that is full takes no ${format}, says so, and is as it was`, async () => {
    const full = async (a: StoreSandbox, b: StoreSandbox): Promise<void> => {
      a.withContent('db/main', true, (cwd) => execFileSync('sh', ['-c', 'yes | head -c 150000000 > large'], { cwd }));
      await a.must('volume', 'tag', 'large@db', 'db/main');
      await withPeer(b, async (peer) => {
        const answer = await put(a, peer, { tag: 'large@db', format });
        assert.equal(answer.kind === 'refused' ? answer.refusal.code : '', 'no-space', JSON.stringify(answer));
        assert.deepEqual([b.state(), findingsIn(b)], [[], []]);
        assert.equal((await put(a, peer, { tag: 'monday@db', format })).kind, 'received');
      });
    };
    await withTwoStores(['btrfs', kind], full, { size: '128M' });
  });
}

test('read-only, a store gives and takes nothing', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    const { request } = await capture(b.state().length === 0 ? a : b, 'monday@db', 'btrfs');
    const before = a.state();
    const client = await RawClient.greeted(a, ['--read-only']);
    client.say({ type: 'put', ...request, object: { ...request.object, uuid: other } });
    assert.equal(await client.word(), 'denied');
    client.say({ type: 'get', object: request.object.uuid, format: 'btrfs', parent: null });
    assert.equal(await client.word(), 'sent');
    await client.ended();
    assert.deepEqual([a.state(), a.problems()], [before, []]);
  });
});

test('a key that may serve runs nothing else, whatever is asked for', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a) => {
    for (const wanted of [
      'sh -c "rm -rf /"',
      'migrate volume destroy db',
      '',
      'migrate server',
      'scp -f /etc/shadow',
    ]) {
      const client = new RawClient(a, [], { SSH_ORIGINAL_COMMAND: wanted });
      const { code, stderr } = await client.ended();
      assert.deepEqual([code, /^migrate: This key is for migrate push, fetch and pull alone/.test(stderr)], [2, true]);
    }
    for (const wanted of ['migrate serve', '/usr/bin/migrate serve --store /elsewhere']) {
      const client = new RawClient(a, [], { SSH_ORIGINAL_COMMAND: wanted });
      assert.equal(await client.word(), 'hello');
      await client.ended();
    }
  });
});

test('the line of a key names the store, what it allows and the key, and options that contradict each other are refused', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a) => {
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk6R5C8f0rQpD0Ue9yGzX3hVQm8t7oI6vWJt2m1bq2F alpha';
    const file = join(a.directory, 'alpha.pub');
    writeFileSync(file, `${key}\n`);
    for (const [option, access] of [
      [[], 'append-only'],
      [['--read-only'], 'read-only'],
    ] as const) {
      const { status, stdout } = await a.run(['serve', '--store', a.directory, '--print-key-line', file, ...option]);
      const line = `command="migrate serve --store ${a.directory} --${access}",restrict ${key}\n`;
      assert.deepEqual([status, stdout], [0, line]);
    }
    const both = await a.run(['serve', '--store', a.directory, '--read-only', '--append-only']);
    assert.equal(both.status, 2, both.stderr);
    const none = await a.run(['serve', '--store', a.directory, '--print-key-line', join(a.directory, 'store.json')]);
    assert.deepEqual([none.status, /does not hold one public key/.test(none.stderr)], [2, true]);
  });
});

function endOf(bytes: Uint8Array): object {
  const sum = new StreamSum(system.streams);
  sum.add(bytes);
  return sum.end();
}

/** Says all of a put, whatever is answered meanwhile; gives what was. */
async function upload(client: RawClient, { request, bytes }: Captured, end = endOf(bytes)): Promise<string[]> {
  client.say({ type: 'put', ...request });
  const words = [await client.word()];
  if (words[0] === 'go') {
    client.send(bytes);
    client.say(end);
    words.push(await client.word());
  }
  client.say({ type: 'objects', volume: null });
  assert.equal(await client.word(), 'objects', 'the connection goes on');
  return words;
}
