import type { ByteString } from '../domain/bytes.ts';
import { isCount } from '../domain/volume-json.ts';
import { eventOf, type StoreEvent } from './event.ts';
import { damagedLedger } from './ledger-failure.ts';
import { type Digest, seal, unseal } from './sealed.ts';

/** A line of the ledger. Numbers go up by one; a ledger that was made anew goes on where the old one was. */
export type LedgerLine = { readonly number: number; readonly sum: string; readonly event: StoreEvent };

/** Where the next line goes: its number, the checksum of the line before, and the byte at which it begins. */
export type LedgerEnd = { readonly number: number; readonly before: string; readonly offset: number };

export type LedgerText = {
  readonly lines: readonly LedgerLine[];
  readonly end: LedgerEnd;
  /** Bytes at the end that are no whole line: a write that was cut off, and that nobody was told of. */
  readonly torn: number;
};

/** The end of a ledger in which there is nothing yet, whose first line is to have the number. */
export function emptyEnd(number = 1): LedgerEnd {
  return { number, before: '', offset: 0 };
}

/** An event as the next line, and the end of the ledger behind it. */
export function lineOf(event: StoreEvent, end: LedgerEnd, digest: Digest): { text: ByteString; end: LedgerEnd } {
  const { text, sum } = seal({ n: end.number, before: end.before, event }, digest);
  const line = `${text}\n`;
  return { text: line, end: { number: end.number + 1, before: sum, offset: end.offset + line.length } };
}

/**
 * The lines of a ledger. Each carries its number, the checksum of the one before and its own, so that a changed, missing,
 * added or moved line is found; a last line without its end was never finished, and is left out. That whole lines at the
 * end are missing only the sidecars can tell, which name the lines that they are of. Throws Failure `ledger-damaged`.
 */
export function parseLedger(text: ByteString, digest: Digest): LedgerText {
  const whole = text.slice(0, wholeLength(text));
  const lines: LedgerLine[] = [];
  let end = emptyEnd();
  for (const line of whole.split('\n').slice(0, -1)) {
    const read = parseLine(line, lines.length === 0 ? null : end, digest);
    if (typeof read === 'string') throw damagedLedger(lines.length + 1, read);
    lines.push(read);
    end = { number: read.number + 1, before: read.sum, offset: end.offset + line.length + 1 };
  }
  if (lines.length === 0) throw damagedLedger(1, 'the ledger is empty');
  return { lines, end, torn: text.length - whole.length };
}

/** Where the last whole line ends. A write that was cut off can leave zeros in the file; no line holds one. */
function wholeLength(text: ByteString): number {
  const length = text.lastIndexOf('\n') + 1;
  const start = text.lastIndexOf('\n', length - 2) + 1;
  return text.slice(start, length).includes('\0') ? start : length;
}

/** The line; or why it is none. Before the first line there is none to follow. */
function parseLine(line: ByteString, end: LedgerEnd | null, digest: Digest): LedgerLine | string {
  const unsealed = unseal(line, digest);
  if (unsealed === null) return 'its checksum does not fit';
  const { n, before, event: value } = unsealed.fields;
  if (!isCount(n)) return 'it has no number';
  if (before !== (end?.before ?? '')) return 'it does not follow the line before it';
  if (end !== null && n !== end.number) return `it has the number ${n} where ${end.number} is due`;
  const event = eventOf(value);
  if (event === null) return 'it says nothing that can be understood';
  if ((event.kind === 'start') !== (end === null)) return 'a ledger begins with what it is of, and only there';
  return { number: n, sum: unsealed.sum, event };
}
