import type { GuestTests } from '../guest-tests.ts';
import { zfsModules } from '../zfs-modules.ts';

export const scenario: GuestTests = {
  name: 'zfs',
  promise:
    'Branches and tags in a ZFS pool keep what every kind of storage promises, changes are found and sent, and what others have there stays.',
  cases: [121, 124],
  packages: ['zfsutils-linux', 'iproute2'],
  trees: async (image) => [await zfsModules(image)],
  tests: [
    'test/storage/zfs/backend.test.ts',
    'test/storage/zfs/compare-objects.test.ts',
    'test/storage/zfs/datasets.test.ts',
    'test/storage/zfs/native-streams.test.ts',
    'test/storage/zfs/new-root.test.ts',
    'test/storage/zfs/program.test.ts',
    'test/storage/zfs/push.test.ts',
    'test/storage/zfs/received.test.ts',
    'test/storage/zfs/stream-records.test.ts',
    'test/storage/zfs/suspended-pool.test.ts',
  ],
  environment: { MIGRATE_SEEDS: '6' },
  poolSize: '4G',
  limitSeconds: 7200,
  fullOnly: true,
};
