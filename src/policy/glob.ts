import type { ByteString } from '../domain/bytes.ts';

/** One element of a glob: any number of bytes, any one byte, this byte, or a byte whose place in the table is 1. */
export type Token = 'star' | 'one' | number | Uint8Array;

/**
 * Whether the glob matches the whole name. Going back to the last star alone is enough, so the time is at most the
 * product of the lengths, whatever a policy holds.
 */
export function globMatches(tokens: readonly Token[], name: ByteString): boolean {
  let token = 0;
  let index = 0;
  let starToken = -1;
  let starIndex = 0;
  while (index < name.length) {
    const current = tokens[token];
    if (current === 'star') {
      starToken = token++;
      starIndex = index;
    } else if (current !== undefined && accepts(current, name.charCodeAt(index))) {
      token++;
      index++;
    } else if (starToken >= 0) {
      token = starToken + 1;
      index = ++starIndex;
    } else {
      return false;
    }
  }
  while (tokens[token] === 'star') token++;
  return token === tokens.length;
}

function accepts(token: Exclude<Token, 'star'>, code: number): boolean {
  if (token === 'one') return true;
  return typeof token === 'number' ? token === code : token[code] === 1;
}
