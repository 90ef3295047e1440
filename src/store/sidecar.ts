import type { ByteString } from '../domain/bytes.ts';
import type { ObjectRecord, Uuid, VolumeRecord } from '../domain/volume.ts';
import { isCount, isUuid, objectRecordOf, volumeRecordOf } from '../domain/volume-json.ts';
import { type Digest, seal, unseal } from './sealed.ts';

export const sidecarSchema = 'migrate.sidecar/1';

/** What lies beside a branch or tag: from all of them the ledger can be made anew. */
export type Sidecar = {
  /** The instance of the store that it belongs to: one that was copied from elsewhere is none of ours. */
  readonly store: Uuid;
  /** The line of the ledger that says this of the object. */
  readonly line: number;
  readonly volume: VolumeRecord;
  readonly object: ObjectRecord;
};

/** A sidecar as it is kept: JSON, of ASCII alone, with a checksum. */
export function sidecarText({ store, line, volume, object }: Sidecar, digest: Digest): string {
  return `${seal({ schema: sidecarSchema, store, line, volume, object }, digest).text}\n`;
}

/** Reads a sidecar. Null where it is damaged, or is none of ours. */
export function parseSidecar(text: ByteString, digest: Digest): Sidecar | null {
  const fields = unseal(text.trimEnd(), digest)?.fields;
  if (fields === undefined || fields['schema'] !== sidecarSchema) return null;
  const { store, line } = fields;
  const [volume, object] = [volumeRecordOf(fields['volume']), objectRecordOf(fields['object'])];
  if (!isUuid(store) || !isCount(line) || volume === null || object === null) return null;
  return object.volume === volume.uuid ? { store, line, volume, object } : null;
}

export const volumeFileSchema = 'migrate.volume/1';

/** What lies in the directory of a volume, which need not have a branch or tag whose sidecar tells of it. */
export type VolumeFile = Omit<Sidecar, 'object'>;

/** The same for a volume. */
export function volumeFileText({ store, line, volume }: VolumeFile, digest: Digest): string {
  return `${seal({ schema: volumeFileSchema, store, line, volume }, digest).text}\n`;
}

/** Reads the record of a volume. Null where it is damaged, or is none of ours. */
export function parseVolumeFile(text: ByteString, digest: Digest): VolumeFile | null {
  const fields = unseal(text.trimEnd(), digest)?.fields;
  if (fields === undefined || fields['schema'] !== volumeFileSchema) return null;
  const { store, line } = fields;
  const volume = volumeRecordOf(fields['volume']);
  return isUuid(store) && isCount(line) && volume !== null ? { store, line, volume } : null;
}
