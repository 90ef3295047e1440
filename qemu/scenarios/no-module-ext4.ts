import { partitionTrial } from '../entries.ts';
import { operatorChangesOnPartitions } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'no-module-ext4',
  promise:
    'On partitions a trial entry whose initramfs lacks our module waits for its root, and never boots the pristine image.',
  layout: 'ext4',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChangesOnPartitions,
  entries: { trial: { ...partitionTrial, initramfs: 'plain' } },
  // Where the root is found, the system has long been up by then (the control shows it).
  boots: [
    {
      entry: 'trial',
      ends: 'cut',
      steps: [{ pause: 100 }, 'cut-power'],
      disks: { 'cat new/etc/hostname': 'debian' },
    },
  ],
  fullOnly: true,
};
