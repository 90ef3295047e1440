import type { ByteString } from '../../domain/bytes.ts';
import { diffLines, type Hunk } from './diff-lines.ts';
import { type Lines, listLines, type Numbering, readLines } from './lines.ts';

/** Names for the header, and how many unchanged lines surround a change (3 unless told). */
export type UnifiedDiffOptions = {
  readonly fromName: ByteString;
  readonly toName: ByteString;
  readonly context?: number;
};

/** Changes so close that their context touches, and the lines of both sides that they are shown with. */
type Block = Hunk & { readonly changes: readonly Hunk[] };

/** The changes from a to b as `diff -u` prints them, without times in the header; empty where there are none. */
export function unifiedDiff(a: ByteString, b: ByteString, options: UnifiedDiffOptions): ByteString {
  if (a === b) return '';
  const numbering: Numbering = new Map();
  const [from, to] = [readLines(a, numbering), readLines(b, numbering)];
  const blocks = groupChanges(diffLines(from.ids, to.ids), from, to, options.context ?? 3);
  const header = [`--- ${quoteName(options.fromName)}\n`, `+++ ${quoteName(options.toName)}\n`];
  return [...header, ...blocks.flatMap((block) => renderBlock(block, from, to))].join('');
}

function groupChanges(hunks: readonly Hunk[], from: Lines, to: Lines, context: number): Block[] {
  const groups: Hunk[][] = [];
  for (const hunk of hunks) {
    const last = groups.at(-1);
    const previous = last?.at(-1);
    if (last !== undefined && previous !== undefined && hunk.aFrom - previous.aTo <= 2 * context) last.push(hunk);
    else groups.push([hunk]);
  }
  return groups.flatMap((changes) => {
    const [first, last] = [changes[0], changes.at(-1)];
    if (first === undefined || last === undefined) return [];
    const before = Math.min(context, first.aFrom);
    const after = Math.min(context, from.count - last.aTo, to.count - last.bTo);
    const box = { aFrom: first.aFrom - before, aTo: last.aTo + after };
    return [{ ...box, bFrom: first.bFrom - before, bTo: last.bTo + after, changes }];
  });
}

function renderBlock(block: Block, from: Lines, to: Lines): string[] {
  const out = [`@@ -${rangeText(block.aFrom, block.aTo)} +${rangeText(block.bFrom, block.bTo)} @@\n`];
  let line = block.aFrom;
  for (const change of block.changes) {
    out.push(...markLines(' ', from, line, change.aFrom));
    out.push(...markLines('-', from, change.aFrom, change.aTo));
    out.push(...markLines('+', to, change.bFrom, change.bTo));
    line = change.aTo;
  }
  out.push(...markLines(' ', from, line, block.aTo));
  return out;
}

/** First line and count; the count is left out where it is one, and no lines at all stand after the line before them. */
function rangeText(from: number, to: number): string {
  const count = to - from;
  if (count === 1) return String(from + 1);
  return count === 0 ? `${from},0` : `${from + 1},${count}`;
}

function markLines(mark: ' ' | '-' | '+', lines: Lines, from: number, to: number): string[] {
  return listLines(lines, from, to).map((line) =>
    line.endsWith('\n') ? `${mark}${line}` : `${mark}${line}\n\\ No newline at end of file\n`,
  );
}

/** A name as it may stand in a header: quoted as C strings are where it holds a space or a character that would mislead. */
function quoteName(name: ByteString): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is quoted
  const special = /[\x00-\x1f\x7f"\\]/g;
  const quoted = name.replace(special, escapeCharacter);
  return quoted === name && !name.includes(' ') ? name : `"${quoted}"`;
}

function escapeCharacter(character: string): string {
  const named = namedEscapes[character];
  return named ?? `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;
}

const namedEscapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};
