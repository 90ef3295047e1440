import { changesInForce, healthy } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { scenario as updates } from './store-zfs.ts';

/** What is no tag of a store any more may be anything: of such a snapshot no boot makes a root. */
const foreignImage = `
image=$(zfs list -H -t snapshot -o name,org.migrate:object -r tank/ROOT | grep ':system/tag/newer$' | cut -f 1)
zfs inherit org.migrate:object "$image"
`;

export const scenario: Scenario = {
  ...updates,
  name: 'store-zfs-same-boot',
  promise:
    'Where a migration on ZFS fails and the previous root has modules for the running kernel, it is up in the same boot.',
  cases: [70],
  newImage: 'bookworm',
  diskChanges: foreignImage,
  boots: [
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: 1800,
      kernels: [/^6\.1\./],
      report: {
        ...changesInForce,
        ...healthy,
        'findmnt --noheadings --output SOURCE,FSTYPE /': /^tank\/ROOT\/debian +zfs$/,
        'cat /run/migrate/booted.json': /"outcome":"fallback".*zfs:tank\/ROOT\/debian/,
        'cat /var/lib/migrate/failed/newer.3/outcome.json': /it is no tag of a store/,
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'migrate versions --json': /"id":"newer\.3".*"state":"failed"/,
        "zfs list -H -o name -r tank | grep --count '[.]migrating'": '0',
      },
    },
  ],
};
