import { newImageInForce, operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { panicsAtStart, setSystemdBoot, startedByEfi } from '../store-machine.ts';

const isGood = /^Running +trixie\.\d+, good since /;
const why = 'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline';
const loader = 'migrate loader show | tail -n 2';

export const scenario: Scenario = {
  name: 'sdboot-update',
  promise:
    'systemd-boot counts the first start of a new version, which comes to be good; one that panics is started twice, and then the one before.',
  cases: [70, 73, 104],
  layout: 'store',
  loader: 'systemd-boot',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges,
  newChanges: panicsAtStart,
  entries: {},
  boots: [
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: 900,
      report: {
        ...setSystemdBoot,
        [loader]: /^Good +bookworm\.1\nOn trial trixie\.\d+, 2 starts left$/,
        'migrate doctor': 'Nothing found',
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      kernels: [/^6\.12\./],
      report: {
        ...newImageInForce,
        ...startedByEfi,
        [why]: 'migrate.why=try',
        'systemctl start migrate-good.service; migrate status | head -n 1': isGood,
        [loader]: /^Good +trixie\.\d+\nOn trial none$/,
        'systemctl is-active migrate-loader.service': 'active',
        'systemctl --failed --no-legend --plain': '',
        'migrate doctor': 'Nothing found',
        'migrate stage next --json > /dev/null && migrate loader show | tail -n 1':
          /^On trial next\.\d+, 2 starts left$/,
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 1500,
      kernels: [/^6\.12\./, /^6\.12\./, /^6\.12\./],
      panics: true,
      console: { shows: [/Kernel panic/] },
      report: {
        [why]: 'migrate.why=stable',
        'migrate status | head -n 1': isGood,
        'migrate status': /next\.\d+ became failed on .*: none of its 2 starts came to be good/,
        [loader]: /^Good +trixie\.\d+\nOn trial none$/,
        'cat /run/motd.d/migrate': /next\.\d+ failed; this machine runs trixie\.\d+ again/,
        'migrate doctor': 'Nothing found',
      },
    },
  ],
  fullOnly: true,
};
