import type { ByteString } from '../../domain/bytes.ts';
import { native } from './libc.ts';
import { systemCalls } from './linux.ts';
import { checked } from './place.ts';

/** Used over and over. */
const records = Buffer.alloc(64 * 1024);

/** Fewer leave nothing to save: to start with saving takes longer than to read them. */
const namesUntilFirstSaving = 0x1000;
/** More than two whole systems have: their comparison is not slowed down by saving memory. */
const namesUntilNextSaving = 0x40000;
let namesUntilSaving = namesUntilFirstSaving;

/** struct linux_dirent64 of linux/dirent.h: where a record has the inode, its length, the type and the name. */
const inodeAt = 0;
const lengthAt = 16;
const typeAt = 18;
const nameAt = 19;

/** dirent.h: DT_UNKNOWN, DT_DIR. */
const types = { unknown: 0, directory: 4 } as const;

/** What a name in a directory stands for; `isDirectory` is null where the filesystem does not say. */
export type NameRecord = { readonly name: ByteString; readonly inode: number; readonly isDirectory: boolean | null };

/** Names in an open directory, from where its descriptor stands, in no order and without `.` and `..`. */
export function readNames(descriptor: number, path: ByteString): ByteString[] {
  return readRecords(descriptor, path, (name) => name);
}

/** The same with what each stands for. */
export function readNameRecords(descriptor: number, path: ByteString): NameRecord[] {
  return readRecords(descriptor, path, (name, start) => {
    const type = records[start + typeAt];
    const isDirectory = type === types.unknown ? null : type === types.directory;
    return { name, inode: Number(records.readBigUInt64LE(start + inodeAt)), isDirectory };
  });
}

function readRecords<Found>(
  descriptor: number,
  path: ByteString,
  read: (name: ByteString, start: number) => Found,
): Found[] {
  const { libc, saveMemory } = native();
  const found: Found[] = [];
  for (;;) {
    const filled = checked(
      libc.getdents64(systemCalls.getdents64, descriptor, records, records.length),
      'getdents64',
      path,
    );
    if (filled === 0) break;
    for (let start = 0; start < filled; start += records.readUInt16LE(start + lengthAt)) {
      const name = records.toString('latin1', start + nameAt, endOfName(start));
      if (name !== '.' && name !== '..') found.push(read(name, start));
    }
  }
  namesUntilSaving -= found.length;
  if (namesUntilSaving <= 0) {
    namesUntilSaving = namesUntilNextSaving;
    saveMemory();
  }
  return found;
}

/** Records are filled up with NUL to a multiple of eight bytes, so that the name ends in the last eight. */
function endOfName(start: number): number {
  let end = Math.max(start + nameAt, start + records.readUInt16LE(start + lengthAt) - 8);
  while (records[end] !== 0) end += 1;
  return end;
}
