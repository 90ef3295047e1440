import type { GuestTests } from '../guest-tests.ts';
import { scenario as short } from './lvm-thin.ts';

const { only: _, ...whole } = short;

export const scenario: GuestTests = {
  ...whole,
  name: 'lvm-thin-full',
  promise:
    'All that every kind of storage promises holds in an LVM thin pool, also where a program is killed at any step.',
  cases: [121, 126],
  tests: ['test/storage/lvm-thin/*.test.ts'],
  environment: { MIGRATE_SEEDS: '10', MIGRATE_KILLS: 'all' },
  limitSeconds: 7200,
  fullOnly: true,
};
