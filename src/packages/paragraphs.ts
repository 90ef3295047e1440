import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { databaseFailure } from './database-failure.ts';

/** Fields by their names; the lines of a field that has several are joined by newlines. */
export type Paragraph = {
  readonly fields: ReadonlyMap<ByteString, ByteString>;
  /** Where it starts, counted from 1. */
  readonly line: number;
};

/** Reads paragraphs of `Field: value` lines, as in deb-control(5). Throws Failure `package-database`. */
export function readParagraphs(files: Files, file: RootPath): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let fields = new Map<ByteString, ByteString>();
  let name: ByteString | null = null;
  let start = 1;
  for (const [index, line] of `${files.read(file)}\n\n`.split('\n').entries()) {
    if (line === '') {
      if (fields.size > 0) paragraphs.push({ fields, line: start });
      fields = new Map();
      name = null;
      start = index + 2;
      continue;
    }
    // A line that starts with white space goes on with the field above it.
    if (name !== null && /^[ \t]/.test(line)) {
      fields.set(name, `${fields.get(name)}\n${line}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) throw databaseFailure(files, file, index + 1, 'not of the form "Field: value"');
    name = line.slice(0, colon);
    fields.set(name, line.slice(colon + 1).trim());
  }
  return paragraphs;
}
