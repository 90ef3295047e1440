import { lvmThinBackend } from '../../../src/storage/lvm-thin/backend.ts';
import { testKilled } from '../contract-killed.ts';
import { makeGroup, makePool } from './thin-pool.ts';

makeGroup();
testKilled({ ...lvmThinBackend, pool: makePool('pool', { size: '3G', metadata: '32M' }) }, 'ext4');
