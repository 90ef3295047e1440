import { type ByteString, bytesOfText, textOfBytes } from '../domain/bytes.ts';

/**
 * A line of a file for the terminal: as it stands, but for control characters, which could make the terminal do things,
 * and bytes that are not UTF-8; these are shown as `\x1b`. Tabs stay.
 */
export function printable(line: ByteString): string {
  const text = textOfBytes(line);
  if (text === null) return line.replace(/[^\t\x20-\x7e]/g, shown);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach the terminal
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, shown);
}

/** The same of a text, which a newer program, another machine, or whoever writes to roots may have made. */
export function printableText(text: string): string {
  return printable(bytesOfText(text));
}

function shown(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
