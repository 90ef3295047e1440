import { changesInForce, healthy } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { scenario as updates } from './store-lvm.ts';

/** Anybody may have written to the image since: of such a one no boot makes a root. */
export const writableImage = (name: string): string => `
image=$(lvs --noheadings --options lv_full_name --select 'lv_tags="migrate.place=tag/system/${name}"')
lvchange --permission rw $image
`;

const longest = 900;

export const scenario: Scenario = {
  ...updates,
  name: 'store-lvm-fails',
  promise:
    'Where a migration on thin volumes fails, and the previous root lacks modules for the kernel, that starts by its own, and says why.',
  cases: [70],
  diskChanges: writableImage('trixie'),
  boots: [
    {
      entry: 'next',
      ends: 'off',
      limitSeconds: longest,
      console: { shows: [/as the new image: it is writable, so it may not be as it was delivered/] },
    },
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...changesInForce,
        ...healthy,
        '. /etc/os-release; echo $VERSION_CODENAME': 'bookworm',
        'findmnt --noheadings --output SOURCE /': '/dev/mapper/vg0-root',
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'migrate versions --json': /"id":"trixie\.3".*"state":"failed"/,
        "lvs --noheadings --options lv_name vg0 | grep --count '[.]migrating'": '0',
        'migrate volume fsck': /somebody has made it writable.*lvchange --permission r vg0/,
      },
    },
  ],
};
