/** How the content of a tag travels: in the form of a kind of storage, or as an archive that every kind reads and writes. */
export type StreamFormat = NativeFormat | 'tar';

/** Forms that only one kind of storage reads; what differs from another tag can be sent in them. */
export type NativeFormat = 'btrfs' | 'zfs';

const formats: readonly StreamFormat[] = ['btrfs', 'zfs', 'tar'];

/** Whether it names a form that this program knows. */
export function isStreamFormat(value: unknown): value is StreamFormat {
  return formats.some((format) => format === value);
}
