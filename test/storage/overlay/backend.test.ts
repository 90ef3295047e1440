import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { testContract } from '../contract.ts';
import { testKilled } from '../contract-killed.ts';
import { testPowerCuts } from '../contract-power-cut.ts';
import { testRandomTrees } from '../contract-trees.ts';

testContract(overlayBackend, ['ext4', 'xfs', 'btrfs']);
testRandomTrees(overlayBackend, ['ext4', 'xfs', 'btrfs'], {
  types: ['whiteout'],
  edits: ['makeSubvolume', 'removeEmptySubvolume'],
});
testKilled(overlayBackend, 'ext4');
for (const filesystem of ['ext4', 'xfs', 'btrfs'] as const) testPowerCuts(overlayBackend, filesystem);
