import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { realSystem } from '../../src/system/real-system.ts';
import type { ByteStream } from '../../src/system/streams.ts';
import { StreamSum } from '../../src/transfer/checked-stream.ts';
import { dataFrames, messageFrame } from '../../src/transfer/frames.ts';
import { transferSchema } from '../../src/transfer/messages.ts';
import type { Peer, PutRequest } from '../../src/transfer/peer.ts';
import { connectPeer } from '../../src/transfer/remote-peer.ts';

const { streams } = realSystem(['/bin/false']);
const { signal } = new AbortController();
const uuid = '0123456789abcdef'.repeat(2);
const hello = {
  ...{ type: 'hello', schema: transferSchema, program: '1', instance: uuid, host: 'there', backend: 'btrfs' },
  ...{ streams: ['btrfs', 'tar'], access: 'append-only', volumes: null },
};
const volume = { uuid, name: 'db', class: 'data', instance: uuid, host: 'alpha' } as const;
const object = {
  uuid,
  volume: uuid,
  kind: 'tag',
  name: 'monday',
  from: null,
  order: 3,
  at: '',
  holds: [],
  notes: {},
} as const;
const offer = { volume, object, origin: null, format: 'tar', parent: null, proof: '', leftOut: [] } as const;
const request: PutRequest = { ...offer, expects: null };
const content = Buffer.alloc(3_000_000, 'content');
const refused = { type: 'refused', refusal: { code: 'no-space', message: 'it is full', advice: null } };

test('what comes is checked against what was sent, and nothing else is taken for the end of a stream', async () => {
  const whole = [{ type: 'sent', offer }, content, endOf(content)];
  assert.equal((await bytesOf(whole)).length, content.length);
  const cases: readonly (readonly [string, readonly unknown[], string])[] = [
    ['cut off', [{ type: 'sent', offer }, content], 'connection'],
    ['cut off in a frame', [{ type: 'sent', offer }, content, 'D\0\0\0\x09x'], 'connection'],
    ['another content', [{ type: 'sent', offer }, Buffer.alloc(3_000_000), endOf(content)], 'stream-damaged'],
    ['less', [{ type: 'sent', offer }, content.subarray(1), endOf(content)], 'stream-damaged'],
    ['more', [{ type: 'sent', offer }, content, Buffer.from('x'), endOf(content)], 'stream-damaged'],
    ['given up', [{ type: 'sent', offer }, content, { type: 'abort' }], 'aborted'],
    ['refused on the way', [{ type: 'sent', offer }, content, refused], 'no-space'],
    ['something else', [{ type: 'sent', offer }, content, { type: 'go' }], 'connection'],
    ['nonsense', [{ type: 'sent', offer }, 'HTTP/1.1 200 OK'], 'connection'],
  ];
  for (const [what, said, code] of cases) await assert.rejects(bytesOf(said), { code }, what);
});

test('what is said in place of an answer ends the connection', async () => {
  for (const said of [[], ['nonsense'], [{ type: 'go' }], [{ type: 'objects', volumes: [{}] }], [content]]) {
    await assert.rejects(
      withFake([hello, ...said], (peer) => peer.objects(null)),
      { code: 'connection' },
    );
  }
  assert.deepEqual(await withFake([hello, { type: 'objects', volumes: [] }], (peer) => peer.objects(null)), []);
});

test('one that speaks in another way, or is no such program, is told apart, with its own words', async () => {
  const newer = { ...hello, schema: 'migrate.transfer/2', program: '9' };
  await assert.rejects(
    withFake([newer], () => Promise.resolve()),
    { code: 'peer-version', message: /migrate 9/ },
  );
  const failing = ['sh', '-c', 'echo "Permission denied (publickey)." >&2; exit 255'] as const;
  await assert.rejects(connectPeer({ streams, command: failing, signal }), {
    code: 'connection',
    message: /Permission denied \(publickey\)/,
  });
  const missing = ['/nonexistent/ssh'] as const;
  await assert.rejects(connectPeer({ streams, command: missing, signal }), { code: 'connection', message: /ENOENT/ });
  const silent = new AbortController();
  setTimeout(() => silent.abort(new RangeError('stopped')), 300);
  await assert.rejects(connectPeer({ streams, command: ['sleep', '1000'], signal: silent.signal }), /stopped/);
});

test('a refusal before the first byte, and one on the way, are answers; then no more is sent than is under way', async () => {
  let given = 0;
  async function* endless(): ByteStream {
    for (; given < 10_000; given++) yield await Promise.resolve(Buffer.alloc(100_000));
  }
  const early = await withFake([hello, refused], (peer) => peer.put(request, endless()));
  assert.deepEqual([early.kind === 'refused' ? early.refusal.code : '', given], ['no-space', 0]);
  const late = await withFake([hello, { type: 'go' }, refused], (peer) => peer.put(request, endless()));
  assert.deepEqual([late.kind === 'refused' ? late.refusal.code : '', given < 1000], ['no-space', true], `${given}`);
});

test('what goes wrong with the stream at this end is what is told, and the other end hears that it is given up', async () => {
  async function* failing(): ByteStream {
    yield await Promise.resolve(Buffer.from('some'));
    throw new RangeError('on purpose');
  }
  await assert.rejects(
    withFake([hello, { type: 'go' }, refused], (peer) => peer.put(request, failing())),
    RangeError,
  );
});

/** Reads what another end says that says all of it at once, whatever it is asked. */
async function withFake<Result>(said: readonly unknown[], use: (peer: Peer) => Promise<Result>): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-peer-'));
  try {
    const file = join(directory, 'said');
    writeFileSync(file, Buffer.concat(said.flatMap(encoded)));
    const peer = await connectPeer({ streams, command: ['sh', '-c', 'cat "$0"; exec cat > /dev/null', file], signal });
    try {
      return await use(peer);
    } finally {
      await peer.close().catch(() => undefined);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function encoded(said: unknown): Uint8Array[] {
  if (said instanceof Uint8Array) return [...dataFrames(said)];
  return typeof said === 'string' ? [Buffer.from(said, 'latin1')] : [messageFrame(Object(said))];
}

async function bytesOf(said: readonly unknown[]): Promise<Uint8Array> {
  return await withFake([hello, ...said], async (peer) => {
    const answer = await peer.get({ object: uuid, format: 'tar', parent: null });
    assert.equal(answer.kind, 'sent');
    const pieces: Uint8Array[] = [];
    if (answer.kind === 'sent') for await (const piece of answer.bytes) pieces.push(piece);
    return Buffer.concat(pieces);
  });
}

function endOf(bytes: Uint8Array): object {
  const sum = new StreamSum(streams);
  sum.add(bytes);
  return sum.end();
}
