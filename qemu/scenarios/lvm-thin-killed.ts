import type { GuestTests } from '../guest-tests.ts';
import { scenario as full } from './lvm-thin-full.ts';

export const scenario: GuestTests = {
  ...full,
  name: 'lvm-thin-killed',
  promise: 'A program that is killed at any step of an operation in an LVM thin pool leaves a volume whole or none.',
  cases: [],
  tests: ['test/storage/lvm-thin/killed.test.ts'],
  environment: { MIGRATE_KILLS: 'all' },
};
