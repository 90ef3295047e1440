import type { GuestTests } from '../guest-tests.ts';
import { zfsModules } from '../zfs-modules.ts';

export const scenario: GuestTests = {
  name: 'zfs',
  promise:
    'Branches and tags in a ZFS pool keep what every kind of storage promises, and what others have there stays.',
  cases: [121, 124],
  packages: ['zfsutils-linux'],
  trees: async (image) => [await zfsModules(image)],
  tests: ['test/storage/zfs/*.test.ts'],
  environment: { MIGRATE_SEEDS: '6' },
  poolSize: '4G',
  limitSeconds: 7200,
  fullOnly: true,
};
