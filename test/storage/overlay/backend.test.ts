import assert from 'node:assert/strict';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { joinLayers } from '../../../src/storage/overlay/join-layers.ts';
import { testContract } from '../contract.ts';
import { testKilled } from '../contract-killed.ts';
import { type Step, testPowerCuts } from '../contract-power-cut.ts';
import { testRandomTrees } from '../contract-trees.ts';
import { branch, system } from '../objects.ts';

testContract(overlayBackend, ['ext4', 'xfs', 'btrfs']);
testRandomTrees(overlayBackend, ['ext4', 'xfs', 'btrfs'], {
  types: ['whiteout'],
  edits: ['makeSubvolume', 'removeEmptySubvolume'],
});
testKilled(overlayBackend, 'ext4');

/** Two layers that the same objects name become one. */
const joining: readonly Step[] = [
  (backend) => backend.remove(branch('image')),
  (_backend, directory) => {
    const files = system.openRoot(bytesOfText(directory));
    try {
      assert.equal(joinLayers(system, files, branch('second')).length, 1);
    } finally {
      files.close();
    }
  },
];
for (const filesystem of ['ext4', 'xfs', 'btrfs'] as const) testPowerCuts(overlayBackend, filesystem, joining);
