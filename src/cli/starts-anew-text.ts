import { minuteOf } from '../domain/minute.ts';
import type { StartsAnew } from '../flows/health/starts-anew.ts';
import { printableText } from './printable.ts';

/** How often a version started anew, when last and why; what the store keeps of it may have been written by others. */
export function startsAnewText({ starts, at, why }: StartsAnew): string {
  const often = starts === 0 ? '' : `${starts === 1 ? 'once' : `${starts} times in a row`}, `;
  return `${often}last on ${printableText(minuteOf(at))}: ${printableText(why)}`;
}
