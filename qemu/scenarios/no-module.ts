import { btrfsOld, btrfsTrial } from '../entries.ts';
import { changesInForce, healthy, operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'no-module',
  promise: 'A trial entry whose initramfs lacks our module ends at the previous version, not in the pristine image.',
  layout: 'btrfs',
  loader: 'grub',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges,
  entries: { old: btrfsOld, trial: { ...btrfsTrial, initramfs: 'plain' } },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      kernels: [/^6\.12\./, /^6\.1\./],
      report: {
        ...changesInForce,
        ...healthy,
        'findmnt --noheadings --output SOURCE /': '/dev/vdb[/@v1]',
      },
    },
  ],
};
