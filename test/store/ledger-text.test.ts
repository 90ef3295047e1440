import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { StoreEvent } from '../../src/store/event.ts';
import { foldLedger } from '../../src/store/fold.ts';
import { type LedgerText, parseLedger } from '../../src/store/ledger-text.ts';
import { seal } from '../../src/store/sealed.ts';
import { digest, ledgerOf, sampleEvents, uuid } from './sample-ledger.ts';

const text = ledgerOf(sampleEvents);
const lines = text.split('\n').slice(0, -1);

function refusal(ledger: string): { readonly code: string; readonly message: string } | LedgerText {
  try {
    const parsed = parseLedger(ledger, digest);
    foldLedger(parsed.lines);
    return parsed;
  } catch (error) {
    if (error instanceof Failure) return { code: error.code, message: error.message };
    throw error;
  }
}

test('what was written is read: every kind of event, and what they come to', () => {
  const { lines: read, end, torn } = parseLedger(text, digest);
  assert.deepEqual(
    read.map(({ event }) => event),
    sampleEvents,
  );
  assert.deepEqual([end.number, end.offset, torn], [sampleEvents.length + 1, text.length, 0]);
  const state = foldLedger(read);
  assert.deepEqual(
    [...state.objects.values()].map(({ record, line }) => [record.name, record.holds, line]),
    [
      ['main', [], 3],
      ['renamed', ['version:1'], 8],
    ],
  );
  assert.deepEqual(
    [...state.removed.values()].map(({ name }) => name),
    ['gone', 'lost'],
  );
  assert.deepEqual(
    [...state.intents.values()].map(({ line, what }) => [line, what]),
    [[15, 'snapshot']],
  );
  assert.deepEqual(
    [...state.forgotten.values()].map(({ name }) => name),
    ['empty'],
  );
});

test('cut off at every byte, all whole lines are read and the rest is known to be torn', () => {
  for (let length = 0; length < text.length; length++) {
    const cut = text.slice(0, length);
    const whole = cut.slice(0, cut.lastIndexOf('\n') + 1);
    const read = refusal(cut);
    if (whole === '') assert.equal('code' in read && read.code, 'ledger-damaged', String(length));
    else assert.deepEqual(read, { ...refusal(whole), torn: length - whole.length }, String(length));
  }
});

test('a last line of which the disk has only zeros is torn too', () => {
  const start = text.length - (lines.at(-1) ?? '').length - 1;
  for (const tail of [`${'\0'.repeat(40)}\n`, `${text.slice(start, start + 20)}${'\0'.repeat(20)}\n`]) {
    const read = refusal(text.slice(0, start) + tail);
    assert.deepEqual(read, { ...refusal(text.slice(0, start)), torn: tail.length });
  }
});

test('every byte that is another is found, and the line is named', () => {
  for (let at = 0; at < text.length - 1; at++) {
    const original = text[at] ?? '';
    const changed = `${text.slice(0, at)}${original === '7' ? '8' : '7'}${text.slice(at + 1)}`;
    const read = refusal(changed);
    const number = text.slice(0, at).split('\n').length;
    assert.ok('code' in read && read.code === 'ledger-damaged', `byte ${at}: ${JSON.stringify(read)}`);
    assert.match(read.message, new RegExp(`^Cannot use ledger.ndjson: line ${number} is damaged: `));
  }
});

const damages: Readonly<Record<string, (all: string[]) => string[]>> = {
  'is missing': (all) => all.toSpliced(4, 1),
  'stands twice': (all) => all.toSpliced(4, 0, all[3] ?? ''),
  'has changed places with the next': (all) => [...all.slice(0, 4), all[5] ?? '', all[4] ?? '', ...all.slice(6)],
  'is empty': (all) => all.toSpliced(4, 0, ''),
};

for (const [what, damage] of Object.entries(damages)) {
  test(`a line that ${what} is found`, () => {
    const read = refusal(
      damage([...lines])
        .map((line) => `${line}\n`)
        .join(''),
    );
    assert.ok('code' in read && read.code === 'ledger-damaged');
    assert.match(read.message, /line 5 is damaged/);
  });
}

test('a ledger whose first lines are missing is refused', () => {
  const read = refusal(
    lines
      .slice(1)
      .map((line) => `${line}\n`)
      .join(''),
  );
  assert.match('message' in read ? read.message : '', /line 1 is damaged: it does not follow the line before it$/);
});

test('case 112: keys and events that a newer program wrote are passed over, and stay in the records', () => {
  const [start, volume, ...rest] = sampleEvents;
  assert.ok(start !== undefined && volume?.kind === 'volume');
  const newer = { ...volume, volume: { ...volume.volume, quota: 17 } };
  const unknown = { kind: 'lease', holder: 'x' } as unknown as StoreEvent;
  const about = { kind: 'hold', object: uuid(99), hold: 'lease:1' } as const;
  const read = refusal(ledgerOf([start, newer, unknown, about]));
  assert.ok('lines' in read);
  const [record] = foldLedger(read.lines).volumes.values();
  assert.deepEqual(record?.record, newer.volume);
  // Without the newer event the hold speaks of nothing, and that is damage.
  const damaged = refusal(ledgerOf([start, newer, about, ...rest.slice(0, 0)]));
  assert.match('message' in damaged ? damaged.message : '', /line 3 is damaged: it says "hold" of what is not there$/);
});

test('an event of a known kind that lacks what it needs is damage', () => {
  const [start] = sampleEvents;
  assert.ok(start !== undefined);
  const read = refusal(ledgerOf([start, { kind: 'volume', volume: { name: '../x' } } as unknown as StoreEvent]));
  assert.match('message' in read ? read.message : '', /line 2 is damaged: it says nothing that can be understood$/);
});

test('texts beyond ASCII are the same as bytes, so that their checksum is', () => {
  const { text: sealed } = seal({ host: 'zürich ☃ \u{1f600}' }, (bytes) =>
    createHash('sha256').update(bytes, 'latin1').digest('hex'),
  );
  assert.match(sealed, /^[\x20-\x7e]+$/);
  assert.deepEqual(JSON.parse(sealed).host, 'zürich ☃ \u{1f600}');
});
