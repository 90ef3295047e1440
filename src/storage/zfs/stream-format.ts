/** The format of send streams: dmu_replay_record of OpenZFS's sys/zfs_ioctl.h. Numbers are those of the sender's machine. */

/** Little-endian, where the stream comes from such a machine. */
export const streamMagic = 0x2f5bacbacn;

/** Every record begins with its type, the length of what follows it (told here for `begin` alone), and its own fields. */
export const recordHeader = { type: 0, payload: 4, fields: 8, size: 312 } as const;

export const recordTypes = {
  begin: 0,
  object: 1,
  freeObjects: 2,
  write: 3,
  free: 4,
  end: 5,
  writeByReference: 6,
  spill: 7,
  writeEmbedded: 8,
  objectRange: 9,
  redact: 10,
} as const;

/** Where fields are, counted from `recordHeader.fields`; what a record is about is the first of them in all but `begin`. */
export const fieldsAt = {
  begin: { magic: 0, version: 8, type: 24, toGuid: 32, fromGuid: 40 },
  object: { bonusLength: 20, rawBonusLength: 28 },
  write: { logicalSize: 24, compression: 42, compressedSize: 88 },
  spill: { length: 8, compressedSize: 32 },
  writeEmbedded: { packedSize: 44 },
} as const;

/** drr_headertype, the lowest two bits of the version: one snapshot alone, without properties of datasets. */
export const singleStream = 1n;

/** dmu_objset_type: a filesystem's. */
export const filesystemType = 2;
