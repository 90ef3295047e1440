import type { ByteString } from '../../domain/bytes.ts';

/** A symbol that a kernel or one of its modules exports. */
export type ExportedSymbol = {
  /** Checksum of its interface; 0 where the kernel was built without them. */
  readonly checksum: number;
  /** Whether only modules with a license compatible with the GPL may use it. */
  readonly gplOnly: boolean;
  /** Empty where it is in none. */
  readonly namespace: ByteString;
};

/**
 * What a `Module.symvers` lists: a line a symbol with checksum, name, module, kind of export and namespace between tabs
 * (Documentation/kbuild/modules.rst of Linux). Linux before 5.4 had no namespace, and some had it as the third field;
 * the kind of export tells which. Lines that are none are passed over.
 */
export function parseSymvers(content: ByteString): Map<ByteString, ExportedSymbol> {
  const symbols = new Map<ByteString, ExportedSymbol>();
  for (const line of content.split('\n')) {
    const [checksum, name, ...rest] = line.split('\t');
    const kindAt = rest.findIndex((field) => field.startsWith('EXPORT_'));
    if (checksum === undefined || name === undefined || kindAt === -1) continue;
    if (!/^0x[0-9a-f]{1,8}$/i.test(checksum)) continue;
    const namespace = kindAt === 2 ? rest[0] : rest[kindAt + 1];
    symbols.set(name, {
      checksum: Number(checksum),
      gplOnly: rest[kindAt]?.includes('GPL') === true,
      namespace: namespace ?? '',
    });
  }
  return symbols;
}
