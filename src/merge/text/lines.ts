import type { ByteString } from '../../domain/bytes.ts';

/**
 * A content by lines. A line ends with its `\n`; a carriage return is part of it; a last line without `\n` is a line of
 * its own that equals no line with one. Lines are counted from 0.
 */
export type Lines = {
  readonly content: ByteString;
  readonly count: number;
  /** Where each line starts, and after the last one the length of the content. */
  readonly starts: readonly number[];
  /** One number a line, equal for equal lines of all contents that share a numbering. */
  readonly ids: Int32Array;
};

/** Which number each distinct line has; shared by the contents that are compared. */
export type Numbering = Map<ByteString, number>;

/** Splits a content into lines and numbers them; adds lines that are new to `numbering`. */
export function readLines(content: ByteString, numbering: Numbering): Lines {
  const starts = lineStarts(content);
  const count = starts.length - 1;
  const ids = new Int32Array(count);
  for (let line = 0; line < count; line += 1) {
    const text = content.slice(starts[line], starts[line + 1]);
    const id = numbering.get(text) ?? numbering.size;
    if (id === numbering.size) numbering.set(text, id);
    ids[line] = id;
  }
  return { content, count, starts, ids };
}

/** The bytes of the lines from `from` up to, not including, `to`. */
export function bytesOfLines(lines: Lines, from: number, to: number): ByteString {
  return lines.content.slice(lines.starts[from], lines.starts[to]);
}

/** The lines from `from` up to, not including, `to`, each with its `\n`. */
export function listLines(lines: Lines, from: number, to: number): ByteString[] {
  return Array.from({ length: to - from }, (_, index) => bytesOfLines(lines, from + index, from + index + 1));
}

function lineStarts(content: ByteString): number[] {
  const starts = [0];
  for (let end = content.indexOf('\n'); end !== -1; end = content.indexOf('\n', end + 1)) starts.push(end + 1);
  if (starts.at(-1) !== content.length) starts.push(content.length);
  return starts;
}
