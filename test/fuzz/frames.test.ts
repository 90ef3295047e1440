import assert from 'node:assert/strict';
import { errorCode } from '../../src/domain/failure.ts';
import { dataFrames, type Frame, FrameParser, messageFrame } from '../../src/transfer/frames.ts';
import { answerOf, requestOf } from '../../src/transfer/messages.ts';
import { fuzz } from './fuzz.ts';

const uuid = '0123456789abcdef'.repeat(2);
const volume = { uuid, name: 'db', class: 'data', instance: uuid, host: 'alpha' };
const object = { uuid, volume: uuid, kind: 'tag', name: 'monday', from: null, order: 3, at: '', holds: [], notes: {} };
const origin = { branch: 'main', branchUuid: uuid, order: 3, from: null, source: uuid };
const offer = { volume, object, origin, format: 'btrfs', parent: null, proof: uuid, leftOut: [] };
const messages: readonly object[] = [
  {
    type: 'hello',
    schema: 'migrate.transfer/1',
    program: '1',
    instance: uuid,
    host: 'a',
    backend: 'b',
    streams: ['tar'],
    access: 'read-only',
  },
  { type: 'objects', volume: null },
  { type: 'objects', volumes: [{ volume, objects: [object] }] },
  { type: 'put', ...offer, expects: uuid },
  { type: 'get', object: uuid, format: 'tar', parent: null },
  { type: 'sent', offer },
  { type: 'received', volume, object },
  { type: 'refused', refusal: { code: 'denied', message: 'no', advice: null } },
  { type: 'end', bytes: 7, sha256: uuid },
];

const longest = 4096;

fuzz({
  name: 'what two programs say to each other',
  longest: 8000,
  seeds: [
    ...messages.map((message) => latin1(messageFrame(message))),
    latin1(
      Buffer.concat([
        messageFrame({ type: 'go' }),
        ...dataFrames(new Uint8Array(300)),
        messageFrame({ type: 'abort' }),
      ]),
    ),
  ],
  words: [
    ...[
      'M\0\0\0\x02{}',
      'D\0\0\0\x01x',
      'D\xff\xff\xff\xff',
      '"type":"',
      '"put"',
      '"get"',
      '"__proto__"',
      'null',
      '[]',
      '../',
      '1e99',
    ],
    ...['"leftOut":[', '"origin":null', '"format":"zfs"', '\\u0000', '\\ud800', uuid],
  ],
  attempt(input) {
    const whole = framesIn([input]);
    const cut = Math.floor(input.length / 3);
    // In pieces it is the same.
    assert.deepEqual(framesIn([input.slice(0, cut), input.slice(cut, cut + 1), input.slice(cut + 1)]), whole);
    return whole.map((frame) => (typeof frame === 'string' ? frame : kindOf(frame))).join(' ');
  },
});

/** The frames, and at the end why there are no more. */
function framesIn(pieces: readonly string[]): (Frame | string)[] {
  const parser = new FrameParser(longest);
  const frames: (Frame | string)[] = [];
  try {
    for (const piece of pieces)
      for (const frame of parser.add(Uint8Array.from(piece, (character) => character.charCodeAt(0))))
        frames.push(frame);
    parser.end();
  } catch (error) {
    if (errorCode(error) !== 'bad-frame') throw error;
    frames.push('bad-frame');
  }
  return frames;
}

function kindOf(frame: Frame): string {
  if (frame.kind !== 'message') return frame.kind;
  const answer = answerOf(frame.text);
  try {
    const request = requestOf(frame.text);
    if (request.type === 'put') assert.match(request.object.name + request.volume.name, /^[\w.+:-]+$/);
    return request.type;
  } catch (error) {
    if (errorCode(error) !== 'bad-request') throw error;
    return answer === null ? 'nonsense' : `answer ${answer.type}`;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
