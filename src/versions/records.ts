import { bytesOfText, displayBytes, textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import { isVersionId, type VersionRecord } from '../domain/version.ts';
import { versionFromJson, versionToJson } from '../domain/version-json.ts';
import { replaceFile } from '../store/replace-file.ts';
import type { Files } from '../system/files.ts';

const directory: RootPath = '/versions';
const ending = '.json';

/** All versions of a store, oldest first, and what is there that cannot be read as one. */
export type StoredVersions = {
  readonly records: readonly VersionRecord[];
  /** Why each file that should be a record is none. Whoever deletes has to stop at them. */
  readonly damaged: readonly Failure[];
};

/**
 * Reads the records below the directory of a store. What was left half-written by a crash is no record yet, and what
 * another record replaces is none any more.
 */
export function readVersions(store: Files): StoredVersions {
  const { records, damaged } = readAll(store);
  return { records: records.filter(({ id }) => !isReplaced(id, records)), damaged };
}

/** Records that others replace, and that a crash has kept from being removed. */
export function readReplaced(store: Files): readonly VersionRecord[] {
  const { records } = readAll(store);
  return records.filter(({ id }) => isReplaced(id, records));
}

function isReplaced(id: string, records: readonly VersionRecord[]): boolean {
  return records.some(({ replaces }) => replaces.includes(id));
}

function readAll(store: Files): StoredVersions {
  if (store.status(directory) === null) return { records: [], damaged: [] };
  const records: VersionRecord[] = [];
  const damaged: Failure[] = [];
  for (const name of store.list(directory).filter((each) => each.endsWith(ending))) {
    try {
      records.push(readRecord(store, name));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      damaged.push(error);
    }
  }
  return { records: records.toSorted((a, b) => a.order - b.order), damaged };
}

/** All versions of a store that is to be changed. Throws Failure `version-record` where one cannot be read. */
export function readWholeVersions(store: Files): readonly VersionRecord[] {
  const { records, damaged } = readVersions(store);
  const [first] = damaged;
  if (first !== undefined) throw first;
  return records;
}

function readRecord(store: Files, name: string): VersionRecord {
  const path = childOf(directory, name);
  const shown = displayBytes(`${store.root}${path}`);
  if (store.status(path)?.type !== 'file') throw misplaced(shown, 'it is no file');
  const record = versionFromJson(textOrBytes(store.read(path)), shown);
  if (name !== `${record.id}${ending}`) throw misplaced(shown, `it is the record of ${record.id}`);
  return record;
}

/** Writes a record whole: what is read after a crash is the one before or this one. The caller holds the store's lock. */
export function writeVersion(store: Files, record: VersionRecord): void {
  replaceFile(store, pathOf(record.id), bytesOfText(versionToJson(record)));
}

/** Removes the record of a version, if it is there. The caller holds the store's lock. */
export function removeVersion(store: Files, id: string): void {
  const path = pathOf(id);
  if (store.status(path) === null) return;
  store.unlink(path);
  store.sync(directory);
}

function pathOf(id: string): RootPath {
  if (!isVersionId(id)) throw misplaced(id, 'that is no id of a version');
  return childOf(directory, `${id}${ending}`);
}

function misplaced(what: string, why: string): Failure {
  return new Failure({
    code: 'version-record',
    kind: 'failed',
    message: `Cannot use ${what} as a version: ${why}`,
    advice: 'Put the file back as it was, or move it out of the store',
  });
}
