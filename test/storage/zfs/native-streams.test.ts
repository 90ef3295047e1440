import { zfsBackend } from '../../../src/storage/zfs/backend.ts';
import { testStreams } from '../contract-streams.ts';
import type { TestedKind } from '../objects.ts';
import { makeDataset, makePool } from './test-pool.ts';

makePool();
const kind: TestedKind = { ...zfsBackend, pool: makeDataset() };

testStreams(kind, 'ext4');
