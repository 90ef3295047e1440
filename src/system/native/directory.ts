import type { ByteString } from '../../domain/bytes.ts';
import { native } from './libc.ts';
import { systemCalls } from './linux.ts';
import { checked } from './place.ts';

/** Used over and over. */
const records = Buffer.alloc(64 * 1024);

/** More than two whole systems have: their comparison is not slowed down by saving memory. */
const namesUntilSaving = 0x40000;
let namesRead = 0;

/** struct linux_dirent64 of linux/dirent.h: where a record has its length, and where its name. */
const lengthAt = 16;
const nameAt = 19;

/** Names in an open directory, from where its descriptor stands, in no order and without `.` and `..`. */
export function readNames(descriptor: number, path: ByteString): ByteString[] {
  const { libc, saveMemory } = native();
  const names: ByteString[] = [];
  for (;;) {
    const filled = checked(
      libc.getdents64(systemCalls.getdents64, descriptor, records, records.length),
      'getdents64',
      path,
    );
    if (filled === 0) break;
    for (let start = 0; start < filled; start += records.readUInt16LE(start + lengthAt)) {
      const name = records.toString('latin1', start + nameAt, endOfName(start));
      if (name !== '.' && name !== '..') names.push(name);
    }
  }
  namesRead += names.length;
  if (namesRead >= namesUntilSaving) {
    namesRead = 0;
    saveMemory();
  }
  return names;
}

/** Records are filled up with NUL to a multiple of eight bytes, so that the name ends in the last eight. */
function endOfName(start: number): number {
  let end = Math.max(start + nameAt, start + records.readUInt16LE(start + lengthAt) - 8);
  while (records[end] !== 0) end += 1;
  return end;
}
