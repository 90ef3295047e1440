import { lvmThinBackend } from '../../../src/storage/lvm-thin/backend.ts';
import { prepareLvmThin } from '../../../src/storage/lvm-thin/new-root.ts';
import { programContract } from '../contract-program.ts';
import { makeGroup, makePool } from './thin-pool.ts';

programContract({
  kind: lvmThinBackend,
  prepare: prepareLvmThin,
  makePool: () => {
    makeGroup();
    return makePool('pool', { size: '512M', metadata: '4M' });
  },
});
