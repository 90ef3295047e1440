/** A symbol of a module that is made: `section` counts from 0, none, in the order of `sectionNames`. */
export type MadeSymbol = {
  readonly name: string;
  readonly section?: number;
  readonly value?: number;
  readonly weak?: true;
};

/** What a made module holds. */
export type MadeModule = {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  readonly info: readonly string[];
  /** `__versions`; left out where null. */
  readonly versions: readonly (readonly [name: string, checksum: number])[] | null;
  /** `__version_ext_crcs` and `__version_ext_names`. */
  readonly extended?: readonly (readonly [name: string, checksum: number])[];
  readonly symbols: readonly MadeSymbol[];
  /** `__kcrctab`, section 5. */
  readonly checksums?: readonly number[];
};

export const absolute = 0xfff1;
/** The number of the section with the checksums of what is exported. */
export const checksumSection = 5;

type Numbers = (value: number, bytes: number) => Buffer;

/** A kernel module of any word size and byte order, with the tables that a build of the kernel would give it. */
export function writeModule(made: MadeModule): Buffer {
  const number = numbersOf(made.littleEndian);
  const word = made.bits / 8;
  const names = Buffer.from(`\0${made.symbols.map(({ name }) => `${name}\0`).join('')}`);
  const none = Buffer.alloc(0);
  const table = (pairs: MadeModule['versions']): Buffer =>
    Buffer.concat(
      (pairs ?? []).map(([name, sum]) => padded(Buffer.concat([number(sum, word), Buffer.from(name)]), 64)),
    );
  const extended = made.extended ?? [];
  const sections: readonly (readonly [name: string, type: number, content: Buffer, link?: number, each?: number])[] = [
    ['', 0, none],
    ['.symtab', 2, symbolTable(made.symbols, number, made.bits), 2, made.bits === 64 ? 24 : 16],
    ['.strtab', 3, names],
    ['.modinfo', 1, Buffer.from(made.info.map((line) => `${line}\0`).join(''))],
    [made.versions === null ? '.none' : '__versions', 1, table(made.versions)],
    ['__kcrctab', 1, Buffer.concat((made.checksums ?? []).map((sum) => number(sum, 4)))],
    [made.extended ? '__version_ext_crcs' : '.none', 1, Buffer.concat(extended.map(([, sum]) => number(sum, 4)))],
    [made.extended ? '__version_ext_names' : '.none', 1, Buffer.from(extended.map(([name]) => `${name}\0`).join(''))],
  ];
  return assemble(sections, made, number);
}

function assemble(
  parts: readonly (readonly [string, number, Buffer, number?, number?])[],
  { bits, littleEndian }: MadeModule,
  number: Numbers,
): Buffer {
  const word = bits / 8;
  const sectionNames = Buffer.from(`${[...parts.map(([name]) => name), '.shstrtab'].join('\0')}\0`);
  const sections = [...parts, ['.shstrtab', 3, sectionNames] as const];
  const headerBytes = bits === 64 ? 64 : 52;
  let at = headerBytes;
  const headers: Buffer[] = [];
  for (const [name, type, content, link = 0, each = 0] of sections) {
    const nameAt = name === '' ? 0 : sectionNames.indexOf(`\0${name}\0`) + 1;
    const wide = [0, 0, type === 0 ? 0 : at, content.length].map((value) => number(value, word));
    headers.push(
      Buffer.concat([number(nameAt, 4), number(type, 4), ...wide, number(link, 4), number(0, 4)]),
      Buffer.concat([number(type === 0 ? 0 : 1, word), number(each, word)]),
    );
    at += content.length;
  }
  const identification = Buffer.from([0x7f, 0x45, 0x4c, 0x46, bits / 32, littleEndian ? 1 : 2, 1]);
  const machine = { '64true': 62, '64false': 22, '32true': 3, '32false': 8 }[`${bits}${littleEndian}`] ?? 0;
  const header = Buffer.concat([
    padded(identification, 16),
    ...[number(1, 2), number(machine, 2), number(1, 4), number(0, 2 * word), number(at, word), number(0, 4)],
    ...[headerBytes, 0, 0, bits === 64 ? 64 : 40, sections.length, sections.length - 1].map((value) =>
      number(value, 2),
    ),
  ]);
  return Buffer.concat([header, ...sections.map(([, , content]) => content), ...headers]);
}

function symbolTable(symbols: readonly MadeSymbol[], number: Numbers, bits: 32 | 64): Buffer {
  let nameAt = 1;
  const entries = symbols.map(({ name, section = 0, value = 0, weak }) => {
    const start = number(nameAt, 4);
    nameAt += name.length + 1;
    const kind = Buffer.from([weak === true ? 0x20 : 0x10, 0]);
    return bits === 64
      ? Buffer.concat([start, kind, number(section, 2), number(value, 8), number(0, 8)])
      : Buffer.concat([start, number(value, 4), number(0, 4), kind, number(section, 2)]);
  });
  return Buffer.concat([Buffer.alloc(bits === 64 ? 24 : 16), ...entries]);
}

function numbersOf(littleEndian: boolean): Numbers {
  return (value, bytes) => {
    const buffer = Buffer.alloc(bytes);
    for (let index = 0, rest = value; index < bytes; index++, rest = Math.floor(rest / 256)) {
      buffer[littleEndian ? index : bytes - 1 - index] = rest % 256;
    }
    return buffer;
  };
}

function padded(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);
}
