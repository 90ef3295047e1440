import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  aliveFrame,
  dataFrames,
  type Frame,
  longestFrame,
  messageFrame,
  readFrames,
} from '../../src/transfer/frames.ts';
import { answerOf, requestOf } from '../../src/transfer/messages.ts';

const message = { type: 'objects', text: 'ä \u{1f600} \0 \ud800' };
const data = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);
const bytes = Buffer.concat([
  messageFrame(message),
  ...dataFrames(data),
  aliveFrame(),
  messageFrame({}),
  ...dataFrames(data.subarray(0, 1)),
]);

test('frames are read as they were written, however they are cut into pieces', async () => {
  const expected = await framesOf([bytes]);
  assert.deepEqual(
    expected.map((frame) => (frame.kind === 'message' ? JSON.parse(frame.text) : plain(frame))),
    [message, [...data], 'alive', {}, [...data.subarray(0, 1)]],
  );
  for (const size of [1, 2, 3, 4, 5, 6, 7, 100, 2999]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    assert.deepEqual((await framesOf(pieces)).map(plain), expected.map(plain), `pieces of ${size}`);
  }
});

test('a stream that ends within a frame is told from one that ends behind it', async () => {
  const ends = new Set([0]);
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt32BE(at + 1)) ends.add(at);
  for (let at = 0; at < bytes.length; at++) {
    const read = framesOf([bytes.subarray(0, at)]);
    if (ends.has(at)) await read;
    else await assert.rejects(read, { code: 'bad-frame', message: /in the middle/ }, `cut at ${at}`);
  }
});

test('a frame that is longer than any is refused by its header alone', async () => {
  const header = (kind: number, length: number): Buffer => {
    const frame = Buffer.from([kind, 0, 0, 0, 0]);
    frame.writeUInt32BE(length, 1);
    return frame;
  };
  for (const [kind, most] of [
    [0x4d, longestFrame.message],
    [0x44, longestFrame.data],
    [0x41, 0],
  ] as const) {
    await assert.rejects(framesOf([header(kind, most + 1)]), { code: 'bad-frame', message: /may have/ });
    if (most > 0) await assert.rejects(framesOf([header(kind, most)]), { code: 'bad-frame', message: /in the middle/ });
  }
  await assert.rejects(framesOf([header(0x4d, 101)], 100), { code: 'bad-frame', message: /may have 100/ });
  await assert.rejects(framesOf([header(0x45, 0)]), { code: 'bad-frame', message: /kind 69/ });
  await assert.rejects(framesOf([header(0x4d, 1), Buffer.from([0xff])]), { code: 'bad-frame', message: /UTF-8/ });
});

test('data is cut into frames that may be, and nothing is no frame', () => {
  const lengths = (length: number): number[] =>
    [...dataFrames(new Uint8Array(length))].map((frame) => frame.length - 5);
  assert.deepEqual(lengths(0), []);
  assert.deepEqual(lengths(longestFrame.data), [longestFrame.data]);
  assert.deepEqual(lengths(longestFrame.data * 2 + 1), [longestFrame.data, longestFrame.data, 1]);
});

test('what a newer program says beyond what is known does not hinder an older one', () => {
  const refusal = { type: 'refused', refusal: { code: 'quota', message: 'too much', more: 1 } };
  assert.deepEqual(answerOf(JSON.stringify(refusal)), {
    type: 'refused',
    refusal: { code: 'failed', message: 'too much', advice: null },
  });
  const uuid = '0123456789abcdef'.repeat(2);
  const hello = {
    type: 'hello',
    schema: 's/2',
    program: '9',
    instance: uuid,
    host: 'h',
    backend: 'new',
    access: 'append-only',
    volumes: null,
  };
  const answer = answerOf(JSON.stringify({ ...hello, streams: ['quantum', 'tar'] }));
  assert.deepEqual(answer?.type === 'hello' ? answer.streams : null, ['tar']);
  assert.throws(() => requestOf('{"type":"remove"}'), { code: 'bad-request' });
});

async function framesOf(pieces: readonly Uint8Array[], longest?: number): Promise<Frame[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield await Promise.resolve(piece);
  }
  const frames: Frame[] = [];
  for await (const frame of readFrames(stream(), longest)) frames.push(frame);
  return frames;
}

function plain(frame: Frame): unknown {
  if (frame.kind === 'alive') return 'alive';
  return frame.kind === 'data' ? [...frame.bytes] : frame.text;
}
