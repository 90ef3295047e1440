import type { GuestTests } from '../guest-tests.ts';
import { scenario as short } from './lvm-thin.ts';

const { only: _, ...whole } = short;

export const scenario: GuestTests = {
  ...whole,
  name: 'lvm-thin-full',
  promise:
    'All that every kind of storage promises holds in an LVM thin pool, and roots for versions are made and taken over there.',
  cases: [121, 126],
  tests: [
    'test/storage/lvm-thin/new-root.test.ts',
    'test/storage/lvm-thin/volumes.test.ts',
    'test/storage/lvm-thin/program.test.ts',
    'test/storage/lvm-thin/small-pool.test.ts',
    'test/storage/lvm-thin/backend.test.ts',
  ],
  environment: { MIGRATE_SEEDS: '6' },
  limitSeconds: 7200,
  fullOnly: true,
};
