import type { ByteString } from '../../domain/bytes.ts';
import { absolute, contentOf, type Elf, type ElfSymbol, parseElf, sectionOf, symbolsOf } from './elf.ts';

/** What the kernel looks at when it loads a module (kernel/module/main.c and version.c of Linux). */
export type KernelModule = {
  /** The kernel it was built for: a release and the flags that must agree. */
  readonly vermagic: ByteString;
  readonly license: ByteString;
  /** Namespaces of symbols that it imports. */
  readonly namespaces: ReadonlySet<ByteString>;
  /** Symbols that something else must export; whether it does without them. */
  readonly needs: ReadonlyMap<ByteString, { readonly optional: boolean }>;
  /** Checksums of the interfaces of the symbols that it needs; empty where the kernel was built without them. */
  readonly versions: ReadonlyMap<ByteString, number>;
  /** Whether there is a table of versions: then the release of the kernel need not agree. */
  readonly hasVersions: boolean;
  /** Symbols that it exports with their checksums, null where they have none. */
  readonly exports: ReadonlyMap<ByteString, number | null>;
};

/** What an uncompressed kernel module says of itself, or null where the bytes are none. */
export function parseKernelModule(bytes: ByteString): KernelModule | null {
  const elf = parseElf(bytes);
  if (elf === null) return null;
  const info = infoOf(elf);
  const vermagic = info.get('vermagic')?.[0];
  if (vermagic === undefined) return null;
  const symbols = symbolsOf(elf);
  const basic = basicVersions(elf);
  const extended = extendedVersions(elf);
  return {
    vermagic,
    license: info.get('license')?.[0] ?? '',
    namespaces: new Set(info.get('import_ns') ?? []),
    needs: needsOf(symbols),
    // The kernel relies on the extended table where there is one.
    versions: extended ?? basic ?? new Map(),
    hasVersions: basic !== null,
    exports: exportsOf(elf, symbols),
  };
}

/** Values of `.modinfo`, which holds `name=value` with a NUL after each; a name may come several times. */
function infoOf(elf: Elf): Map<ByteString, ByteString[]> {
  const info = new Map<ByteString, ByteString[]>();
  for (const line of contentOf(elf, '.modinfo').split('\0')) {
    const equals = line.indexOf('=');
    if (equals === -1) continue;
    const name = line.slice(0, equals);
    info.set(name, [...(info.get(name) ?? []), line.slice(equals + 1)]);
  }
  return info;
}

function needsOf(symbols: readonly ElfSymbol[]): KernelModule['needs'] {
  const undefinedOnes = symbols.filter(({ section }) => section === 0);
  return new Map(undefinedOnes.map(({ name, weak }) => [name, { optional: weak }]));
}

/** `struct modversion_info`: an unsigned long and a name, together 64 bytes. */
const versionBytes = 64;

function basicVersions(elf: Elf): Map<ByteString, number> | null {
  const section = sectionOf(elf, '__versions');
  if (section === null) return null;
  const versions = new Map<ByteString, number>();
  // A section without content may claim any size.
  const end = Math.min(section.at + section.size, elf.reader.size);
  for (let at = section.at; at + versionBytes <= end; at += versionBytes) {
    // The checksum has 32 bits; the upper half of a long is 0.
    versions.set(elf.reader.text(at + elf.word), elf.reader.number(at, elf.word) % 2 ** 32);
  }
  return versions;
}

/** Since Linux 6.14, for names that are longer than the basic table takes: checksums and names side by side. */
function extendedVersions(elf: Elf): Map<ByteString, number> | null {
  const checksums = sectionOf(elf, '__version_ext_crcs');
  if (checksums === null) return null;
  const names = contentOf(elf, '__version_ext_names')
    .split('\0')
    .slice(0, checksums.size / 4);
  return new Map(names.map((name, index) => [name, elf.reader.number(checksums.at + index * 4, 4)]));
}

const exportPrefix = '__ksymtab_';
const checksumPrefix = '__crc_';

function exportsOf(elf: Elf, symbols: readonly ElfSymbol[]): Map<ByteString, number | null> {
  const exported = new Map<ByteString, number | null>();
  for (const { name } of symbols) {
    if (name.startsWith(exportPrefix)) exported.set(name.slice(exportPrefix.length), null);
  }
  for (const symbol of symbols) {
    const name = symbol.name.slice(checksumPrefix.length);
    if (symbol.name.startsWith(checksumPrefix) && exported.has(name)) exported.set(name, checksumOf(elf, symbol));
  }
  return exported;
}

/** The symbol's own value in older kernels, what it points to in newer ones. */
function checksumOf({ reader, sections }: Elf, { section, value }: ElfSymbol): number | null {
  if (section === absolute) return value % 2 ** 32;
  const place = sections[section];
  return place === undefined || section === 0 ? null : reader.number(place.at + value, 4);
}
