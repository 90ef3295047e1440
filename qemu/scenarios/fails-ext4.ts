import { partitionTrial } from '../entries.ts';
import { brokenPolicy, changesInForce, healthy, operatorChangesOnPartitions } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'fails-ext4',
  promise: 'On partitions too the previous root is up in the same boot where a migration fails, and finds the reason.',
  layout: 'ext4',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'bookworm',
  oldChanges: operatorChangesOnPartitions,
  newChanges: brokenPolicy,
  entries: { trial: partitionTrial },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      report: {
        ...changesInForce,
        ...healthy,
        'lsblk --noheadings --output LABEL $(findmnt --noheadings --output SOURCE /)': 'V1',
        'cat /run/migrate/booted.json': /"outcome":"fallback".*"LABEL=V1"/,
        'cat /var/lib/migrate/failed/v2/outcome.json': /99-broken\.policy/,
      },
      disks: { 'test -e new/.migrate || echo pristine': 'pristine' },
    },
  ],
};
