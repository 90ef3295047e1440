import { btrfsOld, btrfsTrialOfChangedImage } from '../entries.ts';
import { brokenPolicy, changesInForce, healthy, operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'fails-reboot',
  promise:
    'Where a migration fails and the previous root lacks modules for the running kernel, GRUB starts the previous entry.',
  cases: [70],
  layout: 'btrfs',
  loader: 'grub',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges,
  newChanges: brokenPolicy,
  entries: { old: btrfsOld, trial: btrfsTrialOfChangedImage },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      kernels: [/^6\.12\./, /^6\.1\./],
      console: { shows: [/99-broken\.policy/] },
      report: {
        ...changesInForce,
        ...healthy,
        'findmnt --noheadings --output SOURCE /': '/dev/vdb[/@v1]',
      },
      disks: { 'test -e disk/@v2 || echo absent': 'absent' },
    },
  ],
};
