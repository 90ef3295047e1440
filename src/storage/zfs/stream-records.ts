import { Failure } from '../../domain/failure.ts';
import { fieldsAt, filesystemType, recordHeader, recordTypes, singleStream, streamMagic } from './stream-format.ts';

/** What a stream says first. Snapshots are told by their guids, as `zfs get guid` prints them. */
export type StreamBegin = {
  readonly to: string;
  /** What it builds on; null where it is whole. */
  readonly from: string | null;
  /** Whether it is of one snapshot of a filesystem, without properties, not encrypted, and from its start. */
  readonly isPlain: boolean;
};

/** A send stream that cannot be made sense of. */
export function streamFailure(why: string): Failure {
  return new Failure({ code: 'send-stream', kind: 'failed', message: `Cannot read the ZFS send stream: ${why}` });
}

/**
 * Records that are about no one object. What was freed has no name any more, and the directories that had it were written; a
 * range comes before the records of the objects in it.
 */
const ofNoOne: ReadonlySet<number> = new Set([
  recordTypes.begin,
  recordTypes.end,
  recordTypes.freeObjects,
  recordTypes.objectRange,
]);

/** Reads the records of a stream that comes in pieces; contents are passed over. */
export class StreamRecords {
  readonly #header = Buffer.alloc(recordHeader.size);
  #filled = 0;
  /** Bytes of content that are still to come. */
  #left = 0;
  #begin: StreamBegin | null = null;
  #hasEnded = false;

  /** Null until the first record is there. */
  get begin(): StreamBegin | null {
    return this.#begin;
  }

  /** Whether it has come to its end. */
  get isWhole(): boolean {
    return this.#hasEnded;
  }

  /** The numbers of the objects that the records in this piece are about. Throws Failure `send-stream`. */
  read(piece: Uint8Array): number[] {
    const found: number[] = [];
    for (let at = 0; at < piece.length; ) {
      if (this.#hasEnded) throw streamFailure('something follows its end');
      if (this.#left > 0) {
        const passed = Math.min(this.#left, piece.length - at);
        this.#left -= passed;
        at += passed;
        continue;
      }
      const taken = piece.subarray(at, at + recordHeader.size - this.#filled);
      this.#header.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled < recordHeader.size) break;
      this.#filled = 0;
      const object = this.#record();
      if (object !== null) found.push(object);
    }
    return found;
  }

  /** Takes in the record whose header is there. */
  #record(): number | null {
    const header = this.#header;
    const type = header.readUInt32LE(recordHeader.type);
    if ((type === recordTypes.begin) !== (this.#begin === null)) {
      throw streamFailure(this.#begin === null ? 'it does not begin as one' : 'it begins twice');
    }
    this.#left = payloadOf(header, type);
    if (type === recordTypes.begin) this.#begin = readBegin(header);
    if (type === recordTypes.end) this.#hasEnded = true;
    return ofNoOne.has(type) ? null : longAt(header, 0);
  }
}

function readBegin(header: Buffer): StreamBegin {
  const at = fieldsAt.begin;
  const read = (offset: number): bigint => header.readBigUInt64LE(recordHeader.fields + offset);
  if (read(at.magic) !== streamMagic) throw streamFailure('it does not begin as one');
  const from = read(at.fromGuid);
  const isFilesystem = intAt(header, at.type) === filesystemType;
  return {
    to: String(read(at.toGuid)),
    from: from === 0n ? null : String(from),
    // Keys, snapshots that something was left out for, and where to go on are told behind the record.
    isPlain: isFilesystem && (read(at.version) & 3n) === singleStream && payloadOf(header, recordTypes.begin) === 0,
  };
}

/** How many bytes of content follow a record; the macros DRR_…_PAYLOAD_SIZE of sys/zfs_ioctl.h. */
function payloadOf(header: Buffer, type: number): number {
  switch (type) {
    case recordTypes.begin:
      return header.readUInt32LE(recordHeader.payload);
    case recordTypes.object: {
      const raw = intAt(header, fieldsAt.object.rawBonusLength);
      return raw === 0 ? wholeWords(intAt(header, fieldsAt.object.bonusLength)) : raw;
    }
    case recordTypes.write: {
      const { compression, compressedSize, logicalSize } = fieldsAt.write;
      const isCompressed = header[recordHeader.fields + compression] !== 0;
      return longAt(header, isCompressed ? compressedSize : logicalSize);
    }
    case recordTypes.spill:
      return longAt(header, fieldsAt.spill.compressedSize) || longAt(header, fieldsAt.spill.length);
    case recordTypes.writeEmbedded:
      return wholeWords(intAt(header, fieldsAt.writeEmbedded.packedSize));
    case recordTypes.freeObjects:
    case recordTypes.free:
    case recordTypes.end:
    case recordTypes.writeByReference:
    case recordTypes.objectRange:
    case recordTypes.redact:
      return 0;
    default:
      throw streamFailure(`it has a record of the type ${type}`);
  }
}

function intAt(header: Buffer, field: number): number {
  return header.readUInt32LE(recordHeader.fields + field);
}

/** Lengths and numbers of objects; what stands for "all" is far beyond every one. */
function longAt(header: Buffer, field: number): number {
  return Number(header.readBigUInt64LE(recordHeader.fields + field));
}

function wholeWords(length: number): number {
  return Math.ceil(length / 8) * 8;
}
