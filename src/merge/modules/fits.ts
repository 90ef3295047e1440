import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import type { KernelModule } from './kernel-module.ts';
import type { ExportedSymbol } from './symvers.ts';

/** A kernel, as far as it decides what it loads. */
export type Kernel = {
  readonly vermagic: ByteString;
  readonly symbols: ReadonlyMap<ByteString, ExportedSymbol>;
};

/** What include/linux/license.h of Linux takes for compatible with the GPL. */
const gplCompatible: ReadonlySet<ByteString> = new Set([
  'GPL',
  'GPL v2',
  'GPL and additional rights',
  'Dual BSD/GPL',
  'Dual MIT/GPL',
  'Dual MPL/GPL',
]);

/** Versions are also kept of this, which is no symbol that a module needs: the layout of the structure of all modules. */
const layout = 'module_layout';

/** Symbols that are named in the message. */
const namedSymbols = 3;

/**
 * Why the kernel would not load the module, or null where it would. `exported` is what other modules that will be there
 * export. As same_magic and check_version of kernel/module/version.c decide: the release does not count where the module
 * has versions of symbols, and each symbol that it needs must be there with the same version.
 */
export function misfitOf(
  module: KernelModule,
  kernel: Kernel,
  exported: ReadonlyMap<ByteString, number | null>,
): string | null {
  if (!sameMagic(module, kernel)) {
    return `it was built for "${displayBytes(module.vermagic)}" and the kernel is "${displayBytes(kernel.vermagic)}"`;
  }
  const missing: ByteString[] = [];
  const different: ByteString[] = [];
  const needed = [...module.needs, ...(module.versions.has(layout) ? [[layout, { optional: true }] as const] : [])];
  for (const [name, { optional }] of needed) {
    const found = exportOf(name, module, kernel, exported);
    if (found === null && !optional) missing.push(name);
    if (found !== null && found.checksum !== null && !sameVersion(module, name, found.checksum)) different.push(name);
  }
  if (missing.length > 0) return `the kernel does not offer it ${listed(missing)}`;
  return different.length > 0 ? `the kernel has another version of ${listed(different)}` : null;
}

function sameMagic(module: KernelModule, kernel: Kernel): boolean {
  const words = (vermagic: ByteString): ByteString =>
    module.hasVersions && vermagic.includes(' ') ? vermagic.slice(vermagic.indexOf(' ')) : vermagic;
  return words(module.vermagic) === words(kernel.vermagic);
}

/** The symbol, where something exports it for a module like this one; its checksum is null where there is none. */
function exportOf(
  name: ByteString,
  module: KernelModule,
  { symbols }: Kernel,
  exported: ReadonlyMap<ByteString, number | null>,
): { readonly checksum: number | null } | null {
  const symbol = symbols.get(name);
  if (symbol === undefined) {
    const checksum = exported.get(name);
    return checksum === undefined ? null : { checksum };
  }
  if (symbol.gplOnly && !gplCompatible.has(module.license)) return null;
  if (symbol.namespace !== '' && !module.namespaces.has(symbol.namespace)) return null;
  // 0 stands where the kernel was built without versions.
  return { checksum: symbol.checksum === 0 ? null : symbol.checksum };
}

/** A symbol that the module has no version of is let through, as the kernel does. */
function sameVersion({ versions }: KernelModule, name: ByteString, checksum: number): boolean {
  const version = versions.get(name);
  return version === undefined || version === checksum;
}

function listed(names: readonly ByteString[]): string {
  const first = names.slice(0, namedSymbols).map(displayBytes).join(', ');
  return names.length > namedSymbols ? `${first} and ${names.length - namedSymbols} more` : first;
}
