import { partitionTrial } from '../entries.ts';
import { bootedAsV2, changesInForce, healthy, newImageInForce, operatorChangesOnPartitions } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { manyFiles, manyFilesWhole } from './interrupted.ts';

export const scenario: Scenario = {
  name: 'interrupted-ext4',
  promise: 'On partitions too the next start completes a migration that a power cut interrupted.',
  cases: [65],
  layout: 'ext4',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChangesOnPartitions + manyFiles,
  entries: { trial: partitionTrial },
  boots: [
    { entry: 'trial', ends: 'cut', steps: [{ wait: /migrate: copying/ }, { pause: 1 }, 'cut-power'] },
    {
      entry: 'trial',
      ends: 'report',
      report: { ...changesInForce, ...newImageInForce, ...bootedAsV2, ...healthy, ...manyFilesWhole },
    },
  ],
};
