import type { ByteString } from '../../domain/bytes.ts';
import { bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';

const mark: ByteString = '# Made by migrate';

/** How a script of ours begins. */
export const heading: ByteString = `${mark} and replaced as a whole: what is changed here is lost.\n`;

/** Whether a script may be replaced: one that is empty is nobody's. */
export function isOurs(script: ByteString): boolean {
  return script === '' || script.startsWith(mark);
}

/** A word of GRUB's script that stands for exactly this text: nothing in single quotes means anything. */
export function quoted(text: string): ByteString {
  return `'${bytesOfText(text).replaceAll("'", "'\\''")}'`;
}

/** The text that such a word stands for. */
export function unquoted(word: ByteString): string {
  return textOrBytes(word.slice(1, -1).replaceAll("'\\''", "'"));
}

/** A title of an entry: one line, whatever it is made from. */
export function quotedTitle(title: string): ByteString {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach the terminal
  return quoted(title.replace(/[\x00-\x1f\x7f]+/g, ' '));
}

/**
 * A kernel command line as words of GRUB's script. GRUB itself puts quotes around a word with blanks, as the kernel reads
 * them, so quotes of ours go. It also puts a backslash before quotes and backslashes (grub-core/lib/cmdline.c), which no
 * kernel takes away again: Failure `loader-command-line` where there is one.
 */
export function kernelWords(commandLine: string): ByteString {
  const words = [...commandLine.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
  const rest = commandLine.replace(/(?:[^\s"]|"[^"]*")+/g, '').trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they end a command of the script
  const strange = rest !== '' ? rest : words.find((word) => /['\\\x00-\x1f\x7f]/.test(word));
  if (strange === undefined) return words.map(quoted).join(' ');
  throw new Failure({
    code: 'loader-command-line',
    kind: 'input',
    message: `Cannot put ${JSON.stringify(strange)} on a command line in GRUB's menu: GRUB passes quotes and backslashes changed`,
    advice: 'Name devices by UUID= or LABEL=',
  });
}
