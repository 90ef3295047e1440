import type { Scenario } from '../scenario.ts';
import { setSystemdBoot, startedByEfi } from '../store-machine.ts';

/** As a repair of the filesystem may name it, and as good as a partition that the firmware cannot write to: nothing is counted. */
const loseCounter = `
cd /esp/loader/entries
for entry in migrate-trixie.*+2.conf; do mv "$entry" "\${entry%+2.conf}.conf"; done
echo lost
`;

export const scenario: Scenario = {
  name: 'sdboot-uncounted',
  promise:
    'A version on trial whose start systemd-boot has not counted is refused, and where the previous root lacks modules for the kernel, the next start is that of the good version.',
  cases: [105],
  layout: 'store',
  loader: 'systemd-boot',
  oldImage: 'bookworm',
  newImage: 'trixie',
  entries: {},
  boots: [
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: 900,
      report: { ...setSystemdBoot, [loseCounter]: 'lost' },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 1200,
      kernels: [/^6\.12\./, /^6\.1\./],
      console: { shows: [/Cannot start trixie\.\d+: its loader, systemd-boot, has not counted this start/] },
      report: {
        ...startedByEfi,
        'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': 'migrate.why=stable',
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'migrate status': /trixie\.\d+ became failed on .*has not counted this start/,
        'cat /run/motd.d/migrate': /trixie\.\d+ failed; this machine runs bookworm\.1 again/,
        'migrate loader show | tail -n 2': 'Good     bookworm.1\nOn trial none',
        'migrate doctor': 'Nothing found',
        'migrate stage trixie --force --json > /dev/null && migrate loader show | tail -n 1':
          /^On trial trixie\.\d+, 2 starts left$/,
      },
    },
  ],
  fullOnly: true,
};
