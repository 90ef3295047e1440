import { changesInForce, healthy } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { scenario as fails, writableImage } from './store-lvm-fails.ts';

export const scenario: Scenario = {
  ...fails,
  name: 'store-lvm-same-boot',
  promise:
    'Where a migration on thin volumes fails and the previous root has modules for the running kernel, it is up in the same boot.',
  newImage: 'bookworm',
  diskChanges: writableImage('newer'),
  boots: [
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: 900,
      kernels: [/^6\.1\./],
      report: {
        ...changesInForce,
        ...healthy,
        'findmnt --noheadings --output SOURCE /': '/dev/mapper/vg0-root',
        'cat /run/migrate/booted.json': /"outcome":"fallback".*vg0-root/,
        'cat /var/lib/migrate/failed/newer.3/outcome.json': /it is writable, so it may not be as it was delivered/,
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'migrate versions --json': /"id":"newer\.3".*"state":"failed"/,
        "lvs --noheadings --options lv_name vg0 | grep --count '[.]migrating'": '0',
      },
    },
  ],
};
