import { btrfsTrial } from '../entries.ts';
import { healthy } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'disabled',
  promise: 'rd.migrate=0 on the entry of a version that was not made starts the previous one.',
  layout: 'btrfs',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'bookworm',
  newChanges: 'echo Release 2 > /etc/issue',
  entries: {
    trial: { ...btrfsTrial, cmdline: `${btrfsTrial.cmdline.replace('@images/trixie', '@images/new')} rd.migrate=0` },
  },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      report: {
        ...healthy,
        'findmnt --noheadings --output SOURCE /': '/dev/vda[/@v1]',
        'cat /run/migrate/booted.json': /"outcome":"fallback".*rd\.migrate=0/,
      },
      disks: { 'test -e disk/@v2 || echo absent': 'absent' },
    },
  ],
  fullOnly: true,
};
