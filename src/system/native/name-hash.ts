import type { ByteString } from '../../domain/bytes.ts';
import { crc32c } from '../../domain/crc32c.ts';

/** What btrfs begins the checksums of names with (btrfs_name_hash of fs/btrfs/ctree.h). */
const seed = 0xfffffffe;

/** The hash that btrfs finds a name in a directory by. */
export function nameHash(name: ByteString): number {
  return crc32c(Buffer.from(name, 'latin1'), seed);
}
