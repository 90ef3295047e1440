import { partitionTrial } from '../entries.ts';
import { changesInForce, healthy, operatorChangesOnPartitions } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'no-systemd-ext4',
  promise: 'Without systemd the update works on partitions and with the dracut of Debian 12, too.',
  layout: 'ext4',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'bookworm',
  oldChanges: operatorChangesOnPartitions,
  newChanges: 'echo Release 2 > /etc/issue',
  entries: { trial: { ...partitionTrial, initramfs: 'no-systemd' } },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      report: {
        ...changesInForce,
        ...healthy,
        'cat /etc/issue': 'Release 2',
        'cat /run/migrate/booted.json': /"migrated"/,
        'lsblk --noheadings --output LABEL $(findmnt --noheadings --output SOURCE /)': 'V2',
      },
    },
  ],
  fullOnly: true,
};
