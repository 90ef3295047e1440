import type { ByteString } from '../domain/bytes.ts';
import type { Compression } from '../system/streams.ts';

/** What a file is by its first bytes; names are not asked. */
export type ContentKind =
  | { readonly kind: 'tar'; readonly compression: Compression | null }
  | { readonly kind: 'squashfs' | 'erofs' };

/** As many of the first bytes as `contentKind` needs. */
export const headSize = 2048;

const compressions: readonly (readonly [ByteString, Compression])[] = [
  ['\x1f\x8b', 'gzip'],
  ['\xfd7zXZ\0', 'xz'],
  ['\x28\xb5\x2f\xfd', 'zstd'],
];

/** linux/magic.h: EROFS_SUPER_MAGIC_V1 at the begin of the superblock, which is 1024 bytes into the file. */
const erofsMagic = '\xe2\xe1\xf5\xe0';

/** The kind, or null where it is none that is known. What is compressed is taken for an archive until it is unpacked. */
export function contentKind(head: ByteString): ContentKind | null {
  if (head.startsWith('hsqs')) return { kind: 'squashfs' };
  if (head.startsWith(erofsMagic, 1024)) return { kind: 'erofs' };
  const compression = compressionOf(head);
  if (compression !== null) return { kind: 'tar', compression };
  return isTar(head) ? { kind: 'tar', compression: null } : null;
}

/** The compression, or null for none. */
export function compressionOf(head: ByteString): Compression | null {
  return compressions.find(([magic]) => head.startsWith(magic))?.[1] ?? null;
}

/** By the sum of its first header, since the oldest kind has no other mark. */
function isTar(head: ByteString): boolean {
  const header = head.slice(0, 512);
  if (header.length < 512) return false;
  const told = Number.parseInt(/^[ \0]*([0-7]+)/.exec(header.slice(148, 156))?.[1] ?? '', 8);
  const plain = `${header.slice(0, 148)}        ${header.slice(156)}`;
  let sum = 0;
  for (let index = 0; index < plain.length; index++) sum += plain.charCodeAt(index);
  return sum === told;
}
