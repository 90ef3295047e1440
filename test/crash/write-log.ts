import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * The log of all writes that a disk was given, as the target `log-writes` of the device mapper lays it out
 * (Documentation/admin-guide/device-mapper/log-writes.rst and drivers/md/dm-log-writes.c of Linux), and as QEMU's block
 * driver `blklogwrites` writes it: numbers are little-endian; the first sector is the superblock, then each entry has a
 * sector of its own with the data after it.
 */
const magic = 0x6a736677736872n;
const flags = { flush: 1n, forceUnitAccess: 2n, discard: 4n, mark: 8n } as const;

/** One entry; offset and length in bytes of the disk. */
export type Logged = {
  /** Whether the disk was told to make durable all that it had been given before. */
  readonly flush: boolean;
  readonly offset: number;
  readonly length: number;
  /** Where the data stands in the log; null where the range was discarded. */
  readonly dataAt: number | null;
};

/** Reads the entries of a log. Throws RangeError where it is none. */
export function readWriteLog(file: string): Logged[] {
  const descriptor = openSync(file, 'r');
  try {
    const [found, , count = 0n, sectorSize = 0n] = numbersAt(descriptor, 0);
    if (found !== magic) throw new RangeError(`${file} is no log of writes`);
    const sector = Number(sectorSize & 0xffffffffn);
    const entries: Logged[] = [];
    for (let at = sector; entries.length < count; ) {
      const [start = 0n, sectors = 0n, kind = 0n, extra = 0n] = numbersAt(descriptor, at);
      const discard = (kind & flags.discard) !== 0n;
      const length = Number(sectors) * sector;
      entries.push({
        flush: (kind & flags.flush) !== 0n,
        offset: Number(start) * sector,
        length,
        dataAt: discard ? null : at + sector,
      });
      at += sector + (discard ? 0 : length) + ((kind & flags.mark) === 0n ? 0 : Number(extra));
    }
    return entries;
  } finally {
    closeSync(descriptor);
  }
}

/** Writes again what the entries say, from their log to an image of the disk. */
export function replay(entries: Iterable<Logged>, logFile: string, imageFile: string): void {
  const log = openSync(logFile, 'r');
  const image = openSync(imageFile, 'r+');
  try {
    for (const { offset, length, dataAt } of entries) {
      const data = Buffer.alloc(length);
      if (dataAt !== null) readSync(log, data, 0, length, dataAt);
      writeSync(image, data, 0, length, offset);
    }
  } finally {
    closeSync(image);
    closeSync(log);
  }
}

function numbersAt(descriptor: number, offset: number): bigint[] {
  const bytes = Buffer.alloc(32);
  readSync(descriptor, bytes, 0, bytes.length, offset);
  return [0, 8, 16, 24].map((at) => bytes.readBigUInt64LE(at));
}
