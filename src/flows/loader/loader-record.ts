import { bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { jsonOrNull } from '../../domain/json.ts';
import type { RootPath } from '../../domain/path.ts';
import { isCount, isFields } from '../../domain/volume-json.ts';
import { readIfThere, replaceFile } from '../../store/replace-file.ts';
import type { Files } from '../../system/files.ts';

/** Which loader starts a machine, and where that reads what it decides by. */
export type LoaderRecord = {
  readonly kind: string;
  /** Of the loader's filesystem: `UUID=…`. */
  readonly device: string;
  /** The loader's directory from the top of that filesystem, without a leading slash. */
  readonly path: string;
  /** How many starts a version on trial gets. */
  readonly tries: number;
};

/** Where a store keeps it. */
export const loaderPath: RootPath = '/loader.json';
const schema = 'migrate.loader/1';

/** The loader of a store's machine; null where none was ever set. Throws Failure `loader-record`. */
export function readLoaderRecord(store: Files): LoaderRecord | null {
  const text = readIfThere(store, loaderPath);
  if (text === null) return null;
  const document = jsonOrNull(textOrBytes(text));
  const record = isFields(document) && document['schema'] === schema ? recordOf(document) : null;
  if (record !== null) return record;
  throw new Failure({
    code: 'loader-record',
    kind: 'failed',
    message: 'Cannot tell which loader starts this machine: loader.json of the store is not what migrate writes there',
    advice: 'Set it anew with migrate loader set',
  });
}

/** Keeps it. The caller holds the store's lock. */
export function writeLoaderRecord(store: Files, record: LoaderRecord): void {
  replaceFile(store, loaderPath, bytesOfText(`${JSON.stringify({ schema, ...record })}\n`));
}

function recordOf({ kind, device, path, tries }: Readonly<Record<string, unknown>>): LoaderRecord | null {
  const isWhole = typeof kind === 'string' && typeof device === 'string' && typeof path === 'string';
  return isWhole && isCount(tries) ? { kind, device, path, tries } : null;
}
