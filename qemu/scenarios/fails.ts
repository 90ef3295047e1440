import { btrfsTrialOfChangedImage } from '../entries.ts';
import { brokenPolicy, changesInForce, healthy, operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'fails',
  promise:
    'Where a migration fails and the previous root has modules for the running kernel, it is up in the same boot.',
  cases: [70],
  layout: 'btrfs',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'bookworm',
  oldChanges: operatorChanges,
  newChanges: brokenPolicy,
  entries: { trial: btrfsTrialOfChangedImage },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      kernels: [/^6\.1\./],
      report: {
        ...changesInForce,
        ...healthy,
        'findmnt --noheadings --output SOURCE /': '/dev/vda[/@v1]',
        'cat /run/migrate/booted.json': /"outcome":"fallback".*@v1/,
        'cat /var/lib/migrate/failed/v2/outcome.json': /99-broken\.policy/,
        'journalctl --boot --no-pager --output cat --grep 99-broken.policy': /99-broken\.policy/,
      },
      disks: { 'test -e disk/@v2 || echo absent': 'absent' },
    },
  ],
};
