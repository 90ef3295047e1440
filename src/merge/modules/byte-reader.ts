import type { ByteString } from '../../domain/bytes.ts';

/** Reads numbers and strings of an ELF file. Reading beyond the end gives zeros and empty strings. */
export type ByteReader = {
  readonly size: number;
  /** An unsigned number of so many bytes (1 to 8) in the file's order; exact below 2^53. */
  readonly number: (at: number, bytes: number) => number;
  /** The bytes up to the next NUL, at most 512: no name of a symbol is longer (KSYM_NAME_LEN of Linux). */
  readonly text: (at: number) => ByteString;
  readonly slice: (at: number, bytes: number) => ByteString;
};

const longestName = 512;

/** A reader for numbers of that byte order. */
export function byteReader(bytes: ByteString, littleEndian: boolean): ByteReader {
  function byteAt(at: number): number {
    return at >= 0 && at < bytes.length ? bytes.charCodeAt(at) : 0;
  }
  function number(at: number, count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) {
      value = value * 256 + byteAt(littleEndian ? at + count - 1 - index : at + index);
    }
    return value;
  }
  function text(at: number): ByteString {
    const name = bytes.slice(at, at + longestName);
    const end = name.indexOf('\0');
    return end === -1 ? name : name.slice(0, end);
  }
  return { size: bytes.length, number, text, slice: (at, count) => bytes.slice(at, at + count) };
}
