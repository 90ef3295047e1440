import {
  answer,
  becomesGood,
  isStaged,
  pickListed,
  repairListed,
  started,
  startedBy,
  typedInShell,
} from '../recovery-menu.ts';
import type { Scenario } from '../scenario.ts';
import { setSystemdBoot, startedByEfi } from '../store-machine.ts';
import { volumes } from '../store-updates.ts';

/** systemd-boot starts at once otherwise; under emulation ten seconds are enough to type in. */
const slowMenu = "echo 'timeout 10' > /esp/loader/loader.conf && echo slow";

export const scenario: Scenario = {
  name: 'sdboot-menu',
  promise:
    'Every entry of the menu of systemd-boot starts: the shell, each reset, which is asked for, tried and counted as an update is, and the older version, as it was left.',
  cases: [74],
  layout: 'store',
  loader: 'systemd-boot',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: `${volumes}
echo atlas > /etc/hostname
echo kept > /root/kept
`,
  entries: {},
  fullOnly: true,
  boots: [
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: 900,
      report: {
        ...setSystemdBoot,
        [slowMenu]: 'slow',
        'migrate doctor': 'Nothing found',
      },
    },
    {
      ...started(
        [
          // The version on trial, and the good one, come before them.
          ...repairListed(2, 'shell'),
          ...typedInShell('migrate versions', /bookworm\.1\b/),
          ...typedInShell('exit', /exit/),
          ...repairListed(2, 'config'),
          ...answer(/Reset of the settings \(config\)/, 'reset'),
          isStaged,
        ],
        {
          ...becomesGood,
          ...startedByEfi,
          'cat /etc/hostname': 'debian',
          'cat /root/kept': 'kept',
          'cat /srv/data': 'data',
        },
      ),
      kernels: [/^6\.1\./, /^6\.1\./, /^6\.1\./],
    },
    started(pickListed(1), {
      ...startedBy('stable'),
      ...startedByEfi,
      'migrate status | head -n 1': /^Running +bookworm\.1, retired since /,
      'cat /etc/hostname /root/kept': 'atlas\nkept',
    }),
    started([...repairListed(2, 'system'), ...answer(/Reset of the system/, 'reset'), isStaged], {
      ...becomesGood,
      ...startedByEfi,
      'cat /etc/hostname': 'debian',
      'test -e /root/kept || echo gone': 'gone',
      'cat /srv/data': 'data',
    }),
    {
      ...started([...repairListed(3, 'total'), ...answer(/Reset of everything \(total\)/, 'destroy'), isStaged], {
        ...startedBy('try'),
        ...startedByEfi,
        'cat /etc/hostname': 'debian',
        'test -e /srv/data || echo gone': 'gone',
        'migrate versions --json | grep --only-matching \'"id":"[^"]*"\' | wc -l': '1',
        'migrate volume fsck': 'The ledger and the store agree',
      }),
      console: { shows: [/There is no way back/] },
    },
  ],
};
