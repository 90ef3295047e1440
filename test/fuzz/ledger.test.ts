import assert from 'node:assert/strict';
import { foldLedger } from '../../src/store/fold.ts';
import { displayObject } from '../../src/store/ledger-state.ts';
import { parseLedger } from '../../src/store/ledger-text.ts';
import { seal } from '../../src/store/sealed.ts';
import { parseSidecar, sidecarText } from '../../src/store/sidecar.ts';
import { digest, ledgerOf, object, sampleEvents, uuid, volume } from '../store/sample-ledger.ts';
import { fuzz } from './fuzz.ts';

const ledger = ledgerOf(sampleEvents);
const sidecar = sidecarText({ store: uuid(0), line: 3, volume: volume(1, 'db'), object: object(3, {}) }, digest);

fuzz({
  name: 'the ledger of a store',
  longest: 8000,
  seeds: [ledger, ledgerOf(sampleEvents.slice(0, 4)), sidecar],
  words: [
    ...sampleEvents.map((event) => JSON.stringify(event)),
    '{"event":{"kind":"lease"}}\n',
    ...[
      '\n',
      '\0',
      '"n":',
      '"before":"',
      '"event":',
      '"kind":"',
      ',"sum":"',
      'null',
      '{}',
      '[]',
      '-1',
      '1e99',
      '__proto__',
    ],
    ...['"holds":', '"notes":', '"from":null', uuid(3), '../x', '\\ud800'],
  ],
  attempt(input) {
    checkAsWritten(input);
    checkSidecar(input);
    // A fuzzer does not find checksums that fit: they are put right.
    const { lines, end, torn } = parseLedger(sealed(input), digest);
    const state = foldLedger(lines);
    for (const { record } of [...state.volumes.values(), ...state.objects.values()])
      assert.match(record.name, /^[A-Za-z0-9][A-Za-z0-9._+:-]{0,119}$/, 'a name becomes a path');
    for (const { record } of state.objects.values()) {
      assert.ok(Array.isArray(record.holds));
      assert.ok(displayObject(state, record).includes(record.name));
    }
    for (const { object: begun } of state.intents.values()) assert.ok(displayObject(state, begun).includes(begun.name));
    assert.ok(end.number > lines.length && torn >= 0);
    return `${lines.map(({ event }) => event.kind[0]).join('')} ${state.objects.size} ${state.intents.size}`;
  },
});

/** Without checksums that fit nothing can be read but what was written, from its first line on. */
function checkAsWritten(input: string): void {
  const parsed = attempt(() => parseLedger(input, digest));
  if (parsed === null) return;
  assert.ok(ledger.startsWith(input.slice(0, parsed.end.offset)), 'only what was written');
  assert.equal(parsed.end.offset + parsed.torn, input.length);
}

function checkSidecar(input: string): void {
  for (const text of [input, sealed(input)]) {
    const read = parseSidecar(text, digest);
    if (read !== null) assert.deepEqual(parseSidecar(sidecarText(read, digest), digest), read);
  }
}

/** Every line that is JSON, with a number, the checksum before and its own as they have to be. */
function sealed(input: string): string {
  let [number, before] = [0, ''];
  return input
    .split('\n')
    .map((line) => {
      const fields = attempt(() => JSON.parse(line) as Record<string, unknown>);
      if (fields === null || typeof fields !== 'object') return line;
      const { sum: _, ...rest } = fields;
      number += 1;
      const again = seal({ ...rest, ...('event' in rest ? { n: number, before } : {}) }, digest);
      before = again.sum;
      return again.text;
    })
    .join('\n');
}

function attempt<Value>(run: () => Value): Value | null {
  try {
    return run();
  } catch (error) {
    assert.ok(error instanceof SyntaxError || (error instanceof Error && error.name === 'Failure'), String(error));
    return null;
  }
}
