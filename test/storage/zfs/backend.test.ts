import { zfsBackend } from '../../../src/storage/zfs/backend.ts';
import { testContract } from '../contract.ts';
import { testRandomTrees } from '../contract-trees.ts';
import type { TestedKind } from '../objects.ts';
import { makeDataset, makePool } from './test-pool.ts';

makePool();
const kind: TestedKind = { ...zfsBackend, pool: makeDataset() };

testContract(kind, ['ext4']);
testRandomTrees(kind, ['ext4'], { types: [], edits: ['makeSubvolume', 'removeEmptySubvolume'] });
