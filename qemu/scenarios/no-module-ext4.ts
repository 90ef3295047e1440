import { partitionTrial } from '../entries.ts';
import { operatorChangesOnPartitions } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'no-module-ext4',
  promise: 'On partitions too a trial entry whose initramfs lacks our module does not boot the pristine image.',
  layout: 'ext4',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChangesOnPartitions,
  // dracut gives up on a root that does not appear after three minutes of its own.
  entries: { trial: { ...partitionTrial, initramfs: 'plain', cmdline: `${partitionTrial.cmdline} rd.retry=20` } },
  boots: [{ entry: 'trial', ends: 'off', disks: { 'cat new/etc/hostname': 'debian' } }],
  fullOnly: true,
};
