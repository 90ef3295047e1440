import type { ByteString } from '../../domain/bytes.ts';
import { refused } from '../image-failure.ts';

/** A keyword and its value, both bytes: values of extended attributes are no text. */
export type PaxRecord = { readonly key: ByteString; readonly value: ByteString };

/**
 * The records of an extended header, `LENGTH KEY=VALUE\n` each (POSIX pax, "Extended Header"), in their order; GNU tar's
 * sparse format 0.0 repeats keywords. Throws Failure `image-damaged` where the lengths lead astray.
 */
export function parsePaxRecords(data: ByteString): PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let start = 0; start < data.length; ) {
    const digits = /^[0-9]{1,10}(?= )/.exec(data.slice(start, start + 11))?.[0];
    const end = start + Number(digits ?? 0);
    const equals = data.indexOf('=', start);
    const keyStart = start + (digits?.length ?? 0) + 1;
    if (
      digits === undefined ||
      end > data.length ||
      equals <= keyStart ||
      equals >= end - 1 ||
      data[end - 1] !== '\n'
    ) {
      throw refused('image-damaged', 'an extended header is malformed');
    }
    records.push({ key: data.slice(keyStart, equals), value: data.slice(equals + 1, end - 1) });
    start = end;
  }
  return records;
}

/** What extended headers say of one entry: the global ones, and over them its own; an empty value takes a keyword away. */
export class PaxKeywords {
  readonly #values = new Map<ByteString, ByteString>();
  readonly records: readonly PaxRecord[];

  constructor(global: readonly PaxRecord[], own: readonly PaxRecord[]) {
    this.records = own;
    for (const { key, value } of [...global, ...own]) {
      // An attribute may well have an empty value; everything else is gone then.
      if (value === '' && !key.includes('.xattr.')) this.#values.delete(key);
      else this.#values.set(key, value);
    }
  }

  get(key: ByteString): ByteString | null {
    return this.#values.get(key) ?? null;
  }

  entries(): Iterable<[ByteString, ByteString]> {
    return this.#values;
  }

  /** A decimal number from 0 on. Throws Failure `image-damaged` where it is none. */
  count(key: ByteString): number | null {
    const value = this.get(key);
    if (value === null) return null;
    const number = /^[0-9]{1,19}$/.test(value) ? Number(value) : Number.NaN;
    if (!Number.isSafeInteger(number)) throw refused('image-damaged', `the keyword ${key} of an entry is no number`);
    return number;
  }
}
