import { btrfsTrial } from '../entries.ts';
import { bootedAsV2, changesInForce, healthy, newImageInForce, operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'update',
  promise: 'A Debian 12 machine on btrfs starts into a Debian 13 image with its own changes in force.',
  cases: [53],
  layout: 'btrfs',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges,
  entries: { trial: btrfsTrial },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      report: {
        ...changesInForce,
        ...newImageInForce,
        ...bootedAsV2,
        ...healthy,
        'findmnt --noheadings --output SOURCE /': '/dev/vda[/@v2]',
        'findmnt --noheadings --output SOURCE /data': '/dev/vda[/@data]',
        'findmnt --noheadings --output SOURCE /var/lib/early': '/dev/vda[/@early]',
      },
      disks: {
        'cat disk/@v1/etc/os-release': /bookworm/,
        'btrfs property get disk/@images/trixie ro': 'ro=true',
        'cat disk/@images/trixie/etc/hostname': 'debian',
      },
    },
  ],
};
