import type { ByteString } from '../../domain/bytes.ts';
import { type ByteReader, byteReader } from './byte-reader.ts';

/** A section of an ELF file. */
export type Section = {
  readonly name: ByteString;
  readonly type: number;
  readonly at: number;
  readonly size: number;
  /** For a table of symbols the number of the section with their names. */
  readonly link: number;
};

/** A symbol of an ELF file; `section` is 0 where it is to be found elsewhere. */
export type ElfSymbol = {
  readonly name: ByteString;
  readonly section: number;
  readonly value: number;
  readonly weak: boolean;
};

/** An ELF file of either word size and byte order (elf(5)). */
export type Elf = {
  readonly reader: ByteReader;
  /** Bytes of an unsigned long: 4 or 8. */
  readonly word: 4 | 8;
  readonly sections: readonly Section[];
};

const magic = '\x7fELF';
const symbolTable = 2;
/** A section that takes no room in the file (SHT_NOBITS). */
const withoutContent = 8;
const weakBinding = 2;
/** Above this section numbers have a meaning of their own, such as `absolute`. */
const maximumSections = 0xff00;
/** SHN_ABS: the symbol's value is a number, not a place. */
export const absolute = 0xfff1;

/** The section headers of an ELF file, or null where the bytes are none or are cut off. */
export function parseElf(bytes: ByteString): Elf | null {
  if (!bytes.startsWith(magic)) return null;
  const is64 = bytes.charCodeAt(4) === 2;
  const reader = byteReader(bytes, bytes.charCodeAt(5) !== 2);
  const word = is64 ? 8 : 4;
  const at = reader.number(is64 ? 0x28 : 0x20, word);
  const [entrySize, count, names] = [0, 2, 4].map((offset) => reader.number((is64 ? 0x3a : 0x2e) + offset, 2));
  if (entrySize === undefined || count === undefined || names === undefined) return null;
  if (count === 0 || count >= maximumSections || entrySize < 4 * word + 8 || at + count * entrySize > bytes.length) {
    return null;
  }
  const headers = Array.from({ length: count }, (_, index) => headerAt(reader, word, at + index * entrySize));
  if (headers.some(({ type, at: start, size }) => type !== withoutContent && start + size > bytes.length)) return null;
  const strings = headers[names]?.at ?? 0;
  const sections = headers.map(({ nameAt, ...header }) => ({ ...header, name: reader.text(strings + nameAt) }));
  return { reader, word, sections };
}

function headerAt(reader: ByteReader, word: 4 | 8, at: number): Omit<Section, 'name'> & { nameAt: number } {
  return {
    nameAt: reader.number(at, 4),
    type: reader.number(at + 4, 4),
    at: reader.number(at + 8 + 2 * word, word),
    size: reader.number(at + 8 + 3 * word, word),
    link: reader.number(at + 8 + 4 * word, 4),
  };
}

/** The section of that name, or null. */
export function sectionOf({ sections }: Elf, name: string): Section | null {
  return sections.find((section) => section.name === name) ?? null;
}

/** The content of the section of that name; empty where there is none. */
export function contentOf(elf: Elf, name: string): ByteString {
  const section = sectionOf(elf, name);
  return section === null ? '' : elf.reader.slice(section.at, section.size);
}

/** All symbols that have a name. */
export function symbolsOf({ reader, word, sections }: Elf): ElfSymbol[] {
  const table = sections.find(({ type }) => type === symbolTable);
  const strings = table === undefined ? undefined : sections[table.link];
  if (table === undefined || strings === undefined) return [];
  const bytes = word === 8 ? 24 : 16;
  const symbols: ElfSymbol[] = [];
  for (let at = table.at; at + bytes <= table.at + table.size; at += bytes) {
    const nameAt = reader.number(at, 4);
    if (nameAt === 0) continue;
    symbols.push({
      name: reader.text(strings.at + nameAt),
      section: reader.number(at + (word === 8 ? 6 : 14), 2),
      value: reader.number(at + (word === 8 ? 8 : 4), word),
      weak: reader.number(at + (word === 8 ? 4 : 12), 1) >> 4 === weakBinding,
    });
  }
  return symbols;
}
