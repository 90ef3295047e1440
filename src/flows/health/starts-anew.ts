import { bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { jsonOrNull } from '../../domain/json.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import { isFields } from '../../domain/volume-json.ts';
import { partialEnding } from '../../files/write-durably.ts';
import { readIfThere, replaceFile } from '../../store/replace-file.ts';
import type { Files } from '../../system/files.ts';
import { failureFolder } from './failure-folder.ts';

const schema = 'migrate.starts-anew/1';

/** Starts of a version that ended before it could be told whether an earlier one had made it. */
export type StartsAnew = {
  /** How many there were, one after the other, up to now; 0 once a start came to an end that could be told. */
  readonly starts: number;
  /** Of the last. */
  readonly at: string;
  readonly why: string;
};

/** Where a store keeps it, with the logs of boots that were not healthy. */
function startsAnewPath(version: string): RootPath {
  return childOf(failureFolder(version), 'starts-anew.json');
}

/** Null where there was none, or the file is not as it is written here: then one counts from the start. */
export function readStartsAnew(store: Files, version: string): StartsAnew | null {
  const text = readIfThere(store, startsAnewPath(version));
  const document = text === null ? null : jsonOrNull(textOrBytes(text));
  if (!isFields(document) || document['schema'] !== schema) return null;
  const { starts, at, why } = document;
  if (!isStarts(starts) || typeof at !== 'string' || typeof why !== 'string') return null;
  return { starts, at, why };
}

function isStarts(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Adds one, on the disk; gives how many there were in a row, with this one. Throws SystemCallError. */
export function addStartAnew(store: Files, version: string, last: Omit<StartsAnew, 'starts'>): number {
  const starts = (readStartsAnew(store, version)?.starts ?? 0) + 1;
  write(store, version, { ...last, starts });
  return starts;
}

/** A start of the version came to an end that could be told; why the last one did not stays. */
export function endStartsAnew(store: Files, version: string): void {
  const before = readStartsAnew(store, version);
  if (before !== null && before.starts > 0) write(store, version, { ...before, starts: 0 });
}

/** Takes it away, with what a crash has left of it. */
export function removeStartsAnew(store: Files, version: string): void {
  const path = startsAnewPath(version);
  for (const each of [path, `${path}${partialEnding}`]) if (store.status(each) !== null) store.unlink(each);
}

function write(store: Files, version: string, known: StartsAnew): void {
  replaceFile(store, startsAnewPath(version), bytesOfText(`${JSON.stringify({ schema, ...known })}\n`));
}
