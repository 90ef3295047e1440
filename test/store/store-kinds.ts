import { btrfsBackend } from '../../src/storage/btrfs/backend.ts';
import { overlayBackend } from '../../src/storage/overlay/backend.ts';
import type { StoreKind } from '../../src/storage/storage-kinds.ts';
import type { FilesystemKind } from '../system/loop-filesystem.ts';

/** The kinds of storage, as the program has them. */
export const storeKinds: readonly StoreKind[] = [btrfsBackend, overlayBackend].map((kind) => ({
  name: kind.name,
  load: () => Promise.resolve(kind),
}));

/** Each kind with a filesystem that it works on. */
export const backends: readonly { readonly backend: 'btrfs' | 'overlay'; readonly filesystem: FilesystemKind }[] = [
  { backend: 'btrfs', filesystem: 'btrfs' },
  { backend: 'overlay', filesystem: 'ext4' },
];
