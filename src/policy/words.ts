import { type ByteString, trimBlanks } from '../domain/bytes.ts';

/** The words of a policy's line, and its comment without the `#`; null where it has none. */
export type Words = { readonly words: readonly ByteString[]; readonly comment: ByteString | null };

/**
 * Splits a line at white space. A `\` keeps the byte after it in the word, and both stay for the pattern to read. A `#`
 * that starts a word starts the comment.
 */
export function splitWords(line: ByteString): Words {
  const words: ByteString[] = [];
  let index = 0;
  while (true) {
    while (isSpace(line[index])) index++;
    if (index >= line.length) return { words, comment: null };
    if (line[index] === '#') return { words, comment: trimBlanks(line.slice(index + 1)) };
    const start = index;
    while (index < line.length && !isSpace(line[index])) index += line[index] === '\\' ? 2 : 1;
    words.push(line.slice(start, index));
  }
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r';
}
