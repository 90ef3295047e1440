import { bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { writeDurably } from '../../files/write-durably.ts';
import type { Files } from '../../system/files.ts';
import { makeDirectories, volumesPath } from '../object-places.ts';

/** Beside the volumes; tells the datasets of this store from those of others in the same pool. */
const idPath = `${volumesPath}/.zfs-id`;

/** The id of the store; null where nothing was made yet. */
export function storeIdOf(files: Files): string | null {
  return files.status(idPath)?.type === 'file' ? textOrBytes(files.read(idPath)).trim() : null;
}

/** The id of the store, which gets one here where it has none; durable. */
export function ensureStoreId(files: Files, newUuid: () => string): string {
  const known = storeIdOf(files);
  if (known !== null) return known;
  const id = newUuid();
  makeDirectories(files, volumesPath);
  writeDurably(files, idPath, bytesOfText(`${id}\n`));
  return id;
}
