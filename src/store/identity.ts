import type { Uuid } from '../domain/volume.ts';
import { isFields, isUuid } from '../domain/volume-json.ts';
import { isPartName } from '../domain/volume-name.ts';

export const storeSchema = 'migrate.store/1';

/** What a store is, from when it was made on. */
export type StoreIdentity = {
  readonly instance: Uuid;
  /** The machine, as people call it: the first part of `host/volume/branch`. */
  readonly host: string;
  /** The name of the kind of storage. */
  readonly backend: string;
  /** Where native objects lie, for kinds of storage that do not keep them in the store's own filesystem. */
  readonly pool?: string;
};

/** The identity out of JSON, null where it is none. */
export function identityOf(value: unknown): StoreIdentity | null {
  if (!isFields(value)) return null;
  const { instance, host, backend, pool } = value;
  if (!isUuid(instance) || typeof host !== 'string' || !isPartName(host) || typeof backend !== 'string') return null;
  if (pool === undefined) return { instance, host, backend };
  return typeof pool === 'string' ? { instance, host, backend, pool } : null;
}
