import type { ByteString } from '../../domain/bytes.ts';
import { refused } from '../image-failure.ts';

/** Bytes up to the first NUL, or all of them. */
export function textField(block: ByteString, offset: number, length: number): ByteString {
  const end = block.indexOf('\0', offset);
  return block.slice(offset, end === -1 || end > offset + length ? offset + length : end);
}

/**
 * A number as tar writes it: octal digits, or, where the topmost bit is set, the two's complement of the field's other
 * bits (GNU tar, "Extensions"; star). Throws Failure `image-damaged` where it is neither.
 */
export function numberField(block: ByteString, offset: number, length: number): number {
  const field = block.slice(offset, offset + length);
  const value = (field.charCodeAt(0) & 0x80) === 0 ? octal(field) : base256(field);
  if (!Number.isSafeInteger(value)) throw refused('image-damaged', 'a header holds something that is no number');
  return value;
}

/** The same, where only numbers from 0 on make sense. */
export function countField(block: ByteString, offset: number, length: number): number {
  const value = numberField(block, offset, length);
  if (value < 0) throw refused('image-damaged', 'a header holds a number below zero');
  return value;
}

function octal(field: ByteString): number {
  const digits = /^[ \0]*([0-7]*)[ \0]*$/.exec(field)?.[1];
  if (digits === undefined) return Number.NaN;
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function base256(field: ByteString): number {
  // Bit 6 of the first byte is the sign.
  let value = BigInt((field.charCodeAt(0) & 0x7f) - ((field.charCodeAt(0) & 0x40) === 0 ? 0 : 0x80));
  for (const character of field.slice(1)) value = value * 256n + BigInt(character.charCodeAt(0));
  return Number(value);
}
