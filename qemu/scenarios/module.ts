import { btrfsTrialOfChangedImage } from '../entries.ts';
import { healthy } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'module',
  promise: 'A kernel module that no image ships is carried to a new image with the same kernel and loads there.',
  cases: [63],
  layout: 'btrfs',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'bookworm',
  outOfTreeModule: true,
  oldChanges: `
kernel=$(ls /usr/lib/modules)
install -D -m 0644 /run/files/migrate_hello.ko "/usr/lib/modules/$kernel/updates/migrate_hello.ko"
depmod "$kernel"
echo migrate_hello > /etc/modules-load.d/hello.conf
`,
  newChanges: 'echo Release 2 > /etc/issue',
  entries: { trial: btrfsTrialOfChangedImage },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      console: { shows: [/migrate_hello: loaded/] },
      report: {
        ...healthy,
        'cat /etc/issue': 'Release 2',
        'findmnt --noheadings --output SOURCE /': '/dev/vda[/@v2]',
        "grep -c '^migrate_hello ' /proc/modules": '1',
        'modinfo --field filename migrate_hello': /\/updates\/migrate_hello\.ko$/,
      },
    },
  ],
};
