import { bytesToJson, isJsonBytes, jsonToBytes, textOrBytes } from '../../../domain/bytes.ts';
import { Failure } from '../../../domain/failure.ts';
import type { RootPath } from '../../../domain/path.ts';
import { type Loss, type ResetRecord, resetStates } from '../../../domain/reset-states.ts';
import { isVersionId } from '../../../domain/version.ts';
import { isFields, isUuid } from '../../../domain/volume-json.ts';
import { readIfThere, replaceFile } from '../../../store/replace-file.ts';
import { type Digest, seal, unseal } from '../../../store/sealed.ts';
import type { Files } from '../../../system/files.ts';
import type { System } from '../../../system/system.ts';

export const resetPath: RootPath = '/reset.json';
const format = 1;

type Fields = Readonly<Record<string, unknown>>;

/** The reset of a store that destroys everything else; null where none was ever asked for. Throws Failure `reset-record`. */
export function readReset(store: Files, { digest }: { readonly digest: Digest }): ResetRecord | null {
  const text = readIfThere(store, resetPath);
  if (text === null) return null;
  const fields = unseal(text.trimEnd(), digest)?.fields ?? null;
  const record = fields !== null && fields['format'] === format ? recordOf(fields) : null;
  if (record !== null) return record;
  // Nothing is destroyed on the word of half a record.
  throw new Failure({
    code: 'reset-record',
    kind: 'failed',
    message: `Cannot tell what was to be reset: ${textOrBytes(store.root)}${resetPath} is not what migrate writes there`,
    advice: 'A newer migrate may have written it: use that one. Else drop it with migrate reset --cancel',
  });
}

/** Writes it whole; durable when it returns. The caller holds the store's lock. */
export function writeReset({ files, system }: { readonly files: Files; readonly system: System }, record: ResetRecord) {
  const document = { format, ...record, keep: record.keep.map(bytesToJson) };
  replaceFile(files, resetPath, `${seal(document, system.digest).text}\n`);
}

/** Forgets it. The caller holds the store's lock. */
export function removeReset(store: Files): void {
  if (store.status(resetPath) === null) return;
  store.unlink(resetPath);
  store.sync('/');
}

function recordOf({ version, nonce, keep, state, losses, at }: Fields): ResetRecord | null {
  const known = resetStates.find((one) => one === state);
  if (known === undefined || typeof version !== 'string' || !isVersionId(version)) return null;
  if (!isUuid(nonce) || typeof at !== 'string') return null;
  if (!Array.isArray(keep) || !keep.every(isJsonBytes)) return null;
  if (!Array.isArray(losses) || !losses.every(isLoss)) return null;
  return { version, nonce, keep: keep.map(jsonToBytes), state: known, losses, at };
}

function isLoss(value: unknown): value is Loss {
  if (!isFields(value)) return false;
  const { name, bytes, isLeast } = value;
  if (isLeast !== undefined && isLeast !== true) return false;
  return typeof name === 'string' && typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0;
}
