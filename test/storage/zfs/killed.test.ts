import { zfsBackend } from '../../../src/storage/zfs/backend.ts';
import { testKilled } from '../contract-killed.ts';
import type { TestedKind } from '../objects.ts';
import { makeDataset, makePool } from './test-pool.ts';

makePool();
const kind: TestedKind = { ...zfsBackend, pool: makeDataset() };

testKilled(kind, 'ext4');
