import type { ByteString } from '../../domain/bytes.ts';
import { unescapeField } from '../../domain/fstab.ts';

/** A line that mounts something, or swaps, in its parts: as text it is `indent`, then each field with the gap after it, then `end`. */
export type EntryLine = {
  readonly indent: ByteString;
  /** Three to six of source, mount point, type, options, dump frequency and order of checking, as written. */
  readonly fields: readonly ByteString[];
  /** The blanks after each field but the last one. */
  readonly gaps: readonly ByteString[];
  /** What follows the last field: blanks, words that mount(8) passes over, the end of the line. */
  readonly end: ByteString;
};

/** An entry and the comments, blank lines and lines that are no entries that stand above it. */
export type Block = {
  /**
   * What the entry is about, which tells it from all others of the file: its mount point in plain form, or its source
   * where it has none, as swap; with a number where there are several of that.
   */
  readonly key: string;
  /** The mount point in plain form; null where the entry has none. */
  readonly mountPoint: ByteString | null;
  readonly leading: ByteString;
  readonly line: EntryLine;
};

export type Fstab = {
  readonly blocks: readonly Block[];
  /** What stands below the last entry. */
  readonly trailing: ByteString;
};

/** Places of fields. */
export const sourceField = 0;
export const typeField = 2;
export const optionsField = 3;
export const frequencyField = 4;
export const passField = 5;

/** Reads an fstab as mount(8) does (fstab(5)): what it would pass over is text between entries, and nothing is lost. */
export function parseFstab(content: ByteString): Fstab {
  const blocks: Block[] = [];
  const seen = new Map<string, number>();
  let leading = '';
  for (const text of content.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const line = parseLine(text);
    if (line === null) {
      leading += text;
      continue;
    }
    const mountPoint = mountPointOf(line);
    const subject = mountPoint ?? subjectOfSource(sourceOf(line));
    const count = (seen.get(subject) ?? 0) + 1;
    seen.set(subject, count);
    blocks.push({ key: count === 1 ? subject : `${subject} (${count})`, mountPoint, leading, line });
    leading = '';
  }
  return { blocks, trailing: leading };
}

/** A swap file's path is no mount point, and never to be taken for the same one's. */
function subjectOfSource(source: ByteString): string {
  return source.startsWith('/') ? `${source} without a mount point` : source;
}

/** The bytes of the entry's line. */
export function textOfLine({ indent, fields, gaps, end }: EntryLine): ByteString {
  return indent + fields.map((field, index) => field + (gaps[index] ?? '')).join('') + end;
}

/** Whether two lines say the same, in the same way; whether the file ends with them does not count. */
export function sameLine(a: EntryLine, b: EntryLine): boolean {
  return textOfLine(a).trimEnd() === textOfLine(b).trimEnd();
}

/** The source without the quotes that a tag may have, and without escapes. */
export function sourceOf({ fields }: EntryLine): ByteString {
  return unescapeField(fields[sourceField] ?? '').replace(/^([A-Za-z]+=)"([^"]*)"$/, '$1$2');
}

/** The field, or what mount(8) takes where the line has none. */
export function fieldOf({ fields }: EntryLine, place: number): ByteString {
  return fields[place] ?? (place < frequencyField ? 'defaults' : '0');
}

/** The line with another word in a field. Fields that it takes to get there are added, others stay as they are. */
export function withField(line: EntryLine, place: number, value: ByteString): EntryLine {
  if (fieldOf(line, place) === value) return line;
  const fields = [...line.fields];
  const gaps = [...line.gaps];
  while (fields.length <= place) {
    gaps.push(gaps.at(-1)?.[0] ?? ' ');
    fields.push(fieldOf(line, fields.length));
  }
  fields[place] = value;
  return { ...line, fields, gaps };
}

const entryPattern =
  /^([ \t]*)([^ \t\r\n#][^ \t\r\n]*)([ \t]+)([^ \t\r\n]+)([ \t]+)([^ \t\r\n]+)(?:([ \t]+)([^ \t\r\n]+)(?:([ \t]+)(\d+)(?:([ \t]+)(\d+))?)?)?((?:[ \t\r][^\n]*)?\n?)$/;

function parseLine(text: ByteString): EntryLine | null {
  const match = entryPattern.exec(text);
  if (match === null) return null;
  const [, indent = '', ...parts] = match;
  const end = parts.pop() ?? '';
  const words = parts.filter((part) => part !== undefined);
  // With fewer than six numbers and words in their places, nothing but blanks may follow: mount(8) refuses other words.
  if (words.length < 11 && end.trim() !== '') return null;
  return {
    indent,
    fields: words.filter((_, index) => index % 2 === 0),
    gaps: words.filter((_, index) => index % 2 === 1),
    end,
  };
}

function mountPointOf({ fields }: EntryLine): ByteString | null {
  const target = unescapeField(fields[1] ?? '');
  if (!target.startsWith('/')) return null;
  return `/${target
    .split('/')
    .filter((component) => component !== '' && component !== '.')
    .join('/')}`;
}
