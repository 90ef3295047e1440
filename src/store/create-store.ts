import { type ByteString, textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { isPartName } from '../domain/volume-name.ts';
import type { BackendKind } from '../storage/backend.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { ledgerSchema } from './event.ts';
import type { StoreIdentity } from './identity.ts';
import { emptyEnd, lineOf, parseLedger } from './ledger-text.ts';
import { readIfThere, replaceFile } from './replace-file.ts';
import { storePaths, writeIdentity } from './store-files.ts';

/**
 * Makes a store in a directory that has none. Interrupted, it can be done again. Throws Failure `exists` where there is
 * one, or where anything else is that looks like the rest of one; `wrong-filesystem` and `pool` where the kind cannot
 * work there.
 */
export function createStore(
  system: System,
  directory: ByteString,
  { kind, host, pool }: { readonly kind: BackendKind; readonly host: string; readonly pool?: string | undefined },
): StoreIdentity {
  if (!isPartName(host)) {
    throw new Failure({
      code: 'name',
      kind: 'input',
      message: `Cannot call the host "${host}": it is a part of names of branches`,
      advice: 'Give another name with --host: letters, digits and . _ + : -, a letter or digit first',
    });
  }
  const backend = kind.open(directory, system, pool);
  const files = system.openRoot(directory);
  try {
    if (files.status(storePaths.identity) !== null) throw exists(directory, 'there is one already');
    if (hasLedger(files, system)) throw exists(directory, 'it has a ledger, but no store.json');
    if (backend.list().length > 0) throw exists(directory, 'it has volumes, but no store.json');
    const identity = { instance: system.newUuid(), host, backend: kind.name, ...(pool === undefined ? {} : { pool }) };
    const { text } = lineOf({ kind: 'start', schema: ledgerSchema, ...identity }, emptyEnd(), system.digest);
    replaceFile(files, storePaths.ledger, text);
    writeIdentity(files, identity);
    return identity;
  } finally {
    files.close();
  }
}

/** One that only says what it is of was left by an attempt that was cut off. */
function hasLedger(files: Files, { digest }: System): boolean {
  const text = readIfThere(files, storePaths.ledger);
  return text !== null && parseLedger(text, digest).lines.length > 1;
}

function exists(directory: ByteString, why: string): Failure {
  return new Failure({
    code: 'exists',
    kind: 'input',
    message: `Cannot make a store in ${textOrBytes(directory)}: ${why}`,
    advice: 'Name another directory; nothing was changed',
  });
}
