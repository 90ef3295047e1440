import { lvmThinBackend } from '../../../src/storage/lvm-thin/backend.ts';
import { testContract } from '../contract.ts';
import { testRandomTrees } from '../contract-trees.ts';
import type { TestedKind } from '../objects.ts';
import { makeGroup, makePool } from './thin-pool.ts';

makeGroup();
const kind: TestedKind = { ...lvmThinBackend, pool: makePool('pool', { size: '3G', metadata: '32M' }) };

testContract(kind, ['ext4']);
testRandomTrees(kind, ['ext4'], { types: [], edits: ['makeSubvolume', 'removeEmptySubvolume'] });
