import type { Scenario } from '../scenario.ts';
import { panicsAtStart, tryNext } from '../store-machine.ts';

export const scenario: Scenario = {
  name: 'grub-panic',
  promise:
    'A version whose kernel panics in every boot is started as often as GRUB has counted, and then the previous one.',
  cases: [70],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  newChanges: panicsAtStart,
  entries: {},
  diskChanges: tryNext,
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 1500,
      kernels: [/^6\.12\./, /^6\.12\./, /^6\.1\./],
      panics: true,
      console: { shows: [/Kernel panic/] },
      report: {
        'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': 'migrate.why=fallback',
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'migrate status': /next\.\d+ became failed on .*: none of its 2 starts came to be good/,
        'migrate loader show | tail -n 2': 'Good     bookworm.1\nOn trial none',
        'cat /run/motd.d/migrate': /next\.\d+ failed; this machine runs bookworm\.1 again/,
      },
    },
  ],
  fullOnly: true,
};
