import type { GuestTests } from '../guest-tests.ts';
import { withoutMonitoring } from '../lvm-loader.ts';

/** The whole takes too long for `npm test`: under emulation LVM needs a second for each command. */
const short = [
  'a snapshot holds what its source has',
  'volumes of others in the pool',
  'nothing is made in a pool that is nearly full',
  'a volume is not removed while',
  'a volume of somebody else that has the name',
  'a root that a boot which was cut off has left',
].join('|');

export const scenario: GuestTests = {
  name: 'lvm-thin',
  promise: 'Branches and tags in an LVM thin pool hold what they should, and a pool that is nearly full is left alone.',
  cases: [126],
  // Copies of LVM's records, which every change would write and synchronize, are for people.
  setUp: `(${withoutMonitoring}; echo 'backup/archive = 0'; echo 'backup/backup = 0') >> /etc/lvm/lvmlocal.conf`,
  packages: ['lvm2', 'thin-provisioning-tools'],
  // Each file costs some seconds, whatever of it runs.
  tests: [
    'test/storage/lvm-thin/backend.test.ts',
    'test/storage/lvm-thin/new-root.test.ts',
    'test/storage/lvm-thin/program.test.ts',
    'test/storage/lvm-thin/small-pool.test.ts',
    'test/storage/lvm-thin/volumes.test.ts',
  ],
  only: short,
  environment: {},
  poolSize: '4G',
  limitSeconds: 2400,
};
