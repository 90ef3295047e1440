import { Failure } from '../../domain/failure.ts';
import { jsonOrNull } from '../../domain/json.ts';
import type { RootPath } from '../../domain/path.ts';
import { writeDurably } from '../../files/write-durably.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { makeDirectories, volumesPath } from '../object-places.ts';

/** By what the store knows its volumes in the pool, which others may use too; made before the first of them. */
const path: RootPath = `${volumesPath}/.lvm-thin.json`;
const schema = 'migrate.lvm-thin/1';

/** The id, or null where the store has no volumes yet. Throws Failure `store-damaged` where the record cannot be read. */
export function readStoreId(files: Files): string | null {
  if (files.status(path) === null) return null;
  const id = idIn(jsonOrNull(files.read(path)));
  if (id !== null) return id;
  throw new Failure({
    code: 'store-damaged',
    kind: 'failed',
    message: `Cannot use the store: ${path} is not what migrate writes there`,
    advice: 'The volumes of the store have its id in their tags: lvs -o lv_name,lv_tags',
  });
}

function idIn(document: unknown): string | null {
  if (typeof document !== 'object' || document === null || !('schema' in document) || !('store' in document))
    return null;
  const { store } = document;
  return document.schema === schema && typeof store === 'string' && /^[0-9a-f]{32}$/.test(store) ? store : null;
}

/** The id, made where there is none; durable. */
export function makeStoreId(files: Files, { newUuid }: System): string {
  const known = readStoreId(files);
  if (known !== null) return known;
  const store = newUuid();
  makeDirectories(files, volumesPath);
  writeDurably(files, path, `${JSON.stringify({ schema, store })}\n`);
  return store;
}
