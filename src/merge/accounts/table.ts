import type { ByteString } from '../../domain/bytes.ts';
import type { Database } from './databases.ts';

/** The fields of a row; the first is the name, which is its key. */
export type Row = readonly ByteString[];

/** A line of a table: the row of a name, or any other line as it stands, without its ending. */
export type Line = { readonly name: ByteString } | { readonly text: ByteString };

/** A file of rows. Lines that are no rows (comments, NIS entries, blank and malformed ones) keep their place. */
export type Table = {
  readonly lines: readonly Line[];
  readonly rows: ReadonlyMap<ByteString, Row>;
  /** Names that had more rows than one; the first is kept, as getpwnam(3) finds no other. */
  readonly repeated: readonly ByteString[];
};

export const emptyTable: Table = Object.freeze({ lines: [], rows: new Map(), repeated: [] });

/** The least fields that make a line a row, and which of them are numbers. */
const shapes: Readonly<Record<Database, { readonly fields: number; readonly numbers: readonly number[] }>> = {
  passwd: { fields: 4, numbers: [2, 3] },
  shadow: { fields: 2, numbers: [] },
  group: { fields: 3, numbers: [2] },
  gshadow: { fields: 2, numbers: [] },
  subuid: { fields: 3, numbers: [1, 2] },
  subgid: { fields: 3, numbers: [1, 2] },
};

/** (uid_t) -1 stands for "none" in chown(2), so the largest number is one below. */
export const largestNumber = 0xffff_fffe;

/** Where the number of an account stands, in passwd and in group. */
export const numberField = 2;
/** Where a user's primary group stands. */
export const primaryGroupField = 3;

/** Reads a file whose names are keys; CRLF and a missing last newline are put up with. */
export function parseTable(database: Database, content: ByteString): Table {
  const lines: Line[] = [];
  const rows = new Map<ByteString, Row>();
  const repeated = new Set<ByteString>();
  for (const text of linesOf(content)) {
    const row = parseRow(database, text);
    if (row === null) lines.push({ text });
    else if (rows.has(row.name)) repeated.add(row.name);
    else {
      lines.push({ name: row.name });
      rows.set(row.name, row.fields);
    }
  }
  return { lines, rows, repeated: [...repeated] };
}

/** The lines of a content, without their endings. */
export function linesOf(content: ByteString): ByteString[] {
  const lines = content.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The name and fields of a line, or null where it is no row. */
export function parseRow(database: Database, text: ByteString): { name: ByteString; fields: Row } | null {
  const fields = text.split(':');
  const [name] = fields;
  const shape = shapes[database];
  // NIS entries start with + or - (nsswitch.conf(5), "compat").
  if (name === undefined || name === '' || /^[+\-#]/.test(name) || fields.length < shape.fields) return null;
  return shape.numbers.every((field) => isNumber(fields[field])) ? { name, fields } : null;
}

function isNumber(text: ByteString | undefined): boolean {
  return text !== undefined && /^[0-9]{1,10}$/.test(text) && Number(text) <= largestNumber;
}

/** The content of these lines. */
export function renderTable({ lines, rows }: Pick<Table, 'lines' | 'rows'>): ByteString {
  return lines.map((line) => `${'text' in line ? line.text : (rows.get(line.name) ?? []).join(':')}\n`).join('');
}

/** The number in the row of a passwd or group. */
export function numberOf(row: Row): number {
  return Number(row[numberField]);
}

/** The first name that has each number, as getpwuid(3) answers; a name that `known` has too comes before others. */
export function namesByNumber({ rows }: Table, known: Table = emptyTable): ReadonlyMap<number, ByteString> {
  const names = new Map<number, ByteString>();
  const [first, rest] = [[...rows].filter(([name]) => known.rows.has(name)), [...rows]];
  for (const [name, row] of [...first, ...rest]) {
    if (!names.has(numberOf(row))) names.set(numberOf(row), name);
  }
  return names;
}

/** The table with more rows: after its last row, as lines of NIS must stay behind all rows; root before all others. */
export function withRows(table: Table, added: ReadonlyMap<ByteString, Row>): Table {
  const end = table.lines.findLastIndex((line) => 'name' in line) + 1;
  const lines: Line[] = [...added.keys()].map((name) => ({ name }));
  const first = lines.filter(isRoot);
  const rest = lines.filter((line) => !isRoot(line));
  return {
    ...table,
    lines: [...first, ...table.lines.slice(0, end), ...rest, ...table.lines.slice(end)],
    rows: new Map([...table.rows, ...added]),
  };
}

function isRoot(line: Line): boolean {
  return 'name' in line && line.name === 'root';
}
