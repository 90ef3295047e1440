import { btrfsOld } from '../entries.ts';
import { changesInForce, healthy, operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'nothing-pending',
  promise: 'An ordinary start with our module in the initramfs runs nothing of ours and needs no binary.',
  layout: 'btrfs',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges,
  entries: { old: btrfsOld },
  boots: [
    {
      entry: 'old',
      ends: 'report',
      console: { lacks: [/migrate:/] },
      report: {
        ...changesInForce,
        ...healthy,
        'findmnt --noheadings --output SOURCE /': '/dev/vda[/@v1]',
        'journalctl --boot --no-pager --output cat --grep "Started.*migrate|Starting.*migrate.service|Finished.*migrate"':
          /^(?!.*migrate\.service)/s,
        'test -e /run/migrate || echo absent': 'absent',
      },
    },
  ],
};
