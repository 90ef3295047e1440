import { type ByteString, bytesOfText, displayBytes } from './bytes.ts';

/**
 * The paths that a person can mean by a word: the word as it stands, and where it has escapes as `displayBytes` writes them
 * for what cannot be typed (`\xe9`), the bytes that those stand for. Names with a backslash of their own exist:
 * `dev-disk\x2d1.swap`, so the word as it stands comes first.
 */
export function typedPaths(word: string): ByteString[] {
  const literal = bytesOfText(word);
  const escaped = literal.replace(/\\(?:x([0-9a-f]{2})|([nt\\]))/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (meanings[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  // Only what would be shown like this can have been meant so.
  return escaped !== literal && displayBytes(escaped) === word ? [literal, escaped] : [literal];
}

const meanings: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\\': '\\' };
