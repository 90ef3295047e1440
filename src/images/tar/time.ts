import type { ByteString } from '../../domain/bytes.ts';
import type { Timestamp } from '../../domain/entry.ts';
import { refused } from '../image-failure.ts';

/**
 * A time of an extended header: decimal seconds since the epoch, with a fraction and a sign. What is finer than a
 * nanosecond is cut off, towards the past. Throws Failure `image-damaged` where it is no time.
 */
export function parsePaxTime(value: ByteString): Timestamp {
  const [, sign, whole = '', fraction = ''] = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(value) ?? [];
  if (sign === undefined) throw refused('image-damaged', 'a time of an extended header is malformed');
  const seconds = Number(whole);
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (sign === '') return { seconds, nanoseconds };
  const isLater = nanoseconds > 0 || /[1-9]/.test(fraction.slice(9));
  if (!isLater) return { seconds: seconds === 0 ? 0 : -seconds, nanoseconds: 0 };
  const below = nanoseconds + (/[1-9]/.test(fraction.slice(9)) ? 1 : 0);
  return below === 1e9
    ? { seconds: -seconds - 1, nanoseconds: 0 }
    : { seconds: -seconds - 1, nanoseconds: 1e9 - below };
}
