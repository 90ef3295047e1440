import { partitionTrial } from '../entries.ts';
import { bootedAsV2, changesInForce, healthy, newImageInForce, operatorChangesOnPartitions } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'update-ext4',
  promise: 'The same on two ext4 partitions; the entry started again finds its version made.',
  cases: [53],
  layout: 'ext4',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChangesOnPartitions,
  entries: { trial: partitionTrial },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      report: {
        ...changesInForce,
        ...newImageInForce,
        ...bootedAsV2,
        ...healthy,
        'lsblk --noheadings --output LABEL $(findmnt --noheadings --output SOURCE /)': 'V2',
        'lsblk --noheadings --output LABEL $(findmnt --noheadings --output SOURCE /var/lib/early)': 'DATA',
      },
      disks: {
        'cat old/etc/os-release': /bookworm/,
        'cat old/etc/hostname': 'atlas',
        'cat base/etc/hostname': 'debian',
      },
    },
    { entry: 'trial', ends: 'report', report: { ...changesInForce, 'cat /run/migrate/booted.json': /"committed"/ } },
  ],
};
