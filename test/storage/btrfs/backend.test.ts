import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { testContract } from '../contract.ts';
import { testKilled } from '../contract-killed.ts';
import { testPowerCuts } from '../contract-power-cut.ts';
import { testRandomTrees } from '../contract-trees.ts';

testContract(btrfsBackend, ['btrfs']);
testRandomTrees(btrfsBackend, ['btrfs'], { types: [], edits: [] });
testKilled(btrfsBackend, 'btrfs');
testPowerCuts(btrfsBackend, 'btrfs');
