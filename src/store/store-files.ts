import { textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { jsonOrNull } from '../domain/json.ts';
import type { RootPath } from '../domain/path.ts';
import { asciiJson } from '../domain/volume-json.ts';
import type { Files } from '../system/files.ts';
import { identityOf, type StoreIdentity, storeSchema } from './identity.ts';
import { readIfThere, replaceFile } from './replace-file.ts';

/** What lies in the directory of a store besides the objects. */
export const storePaths = {
  identity: '/store.json',
  ledger: '/ledger.ndjson',
  lock: '/lock',
} as const satisfies Readonly<Record<string, RootPath>>;

export const volumesPath: RootPath = '/volumes';

/** Where the record of a volume lies; its branches and tags lie in directories beside it. */
export function volumeFilePath(volume: string): RootPath {
  return `${volumesPath}/${volume}/volume.json`;
}

/** Writes what the store is. Once it is there, the store is. */
export function writeIdentity(files: Files, identity: StoreIdentity): void {
  replaceFile(files, storePaths.identity, `${asciiJson({ schema: storeSchema, ...identity })}\n`);
}

/** What the store is. Throws Failure `no-store` where there is none, `store-damaged` where its record cannot be read. */
export function readIdentity(files: Files): StoreIdentity {
  const text = readIfThere(files, storePaths.identity);
  const directory = textOrBytes(files.root);
  if (text === null) {
    throw new Failure({
      code: 'no-store',
      kind: 'input',
      message: `There is no store in ${directory}: it has no store.json`,
      advice: 'Name the directory with --store DIR or MIGRATE_STORE, or make one with migrate store create',
    });
  }
  const identity = parseIdentity(text);
  if (identity !== null) return identity;
  throw new Failure({
    code: 'store-damaged',
    kind: 'failed',
    message: `Cannot use the store in ${directory}: store.json is not what migrate writes there`,
    advice: 'The first line of ledger.ndjson has the same instance, host and backend',
  });
}

function parseIdentity(text: string): StoreIdentity | null {
  const document = jsonOrNull(text);
  const isOurs = typeof document === 'object' && document !== null && 'schema' in document;
  return isOurs && document.schema === storeSchema ? identityOf(document) : null;
}
