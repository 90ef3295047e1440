import type { GuestTests } from '../guest-tests.ts';
import { scenario as zfs } from './zfs.ts';

export const scenario: GuestTests = {
  ...zfs,
  name: 'zfs-killed',
  promise: 'A program that is killed at any step of an operation in a ZFS pool leaves an object whole or none.',
  cases: [124],
  tests: ['test/storage/zfs/killed.test.ts'],
  environment: { MIGRATE_KILLS: 'all' },
};
