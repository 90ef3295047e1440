import { pick } from '../loader/machines.ts';
import { answer, becomesGood, isStaged, menu, repair, slowMenu, started, startedBy } from '../recovery-menu.ts';
import type { Scenario } from '../scenario.ts';
import { volumes } from '../store-updates.ts';

const resetOfSettings = /Reset of the settings \(config\)/;

export const scenario: Scenario = {
  name: 'reset-menu',
  promise:
    'A reset from the Recovery menu asks for a word at the console, changes nothing for another one or where nobody types any for five minutes, and is tried and counted as an update is; older versions start as they were left.',
  cases: [74, 114],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: `${volumes}
echo atlas > /etc/hostname
echo kept > /root/kept
`,
  diskChanges: slowMenu,
  entries: {},
  fullOnly: true,
  boots: [
    {
      ...started(
        [
          // The version on trial, and the good one.
          ...repair(2, 'config'),
          ...answer(resetOfSettings, 'yes'),
          { wait: /Nothing is changed/ },
          ...repair(2, 'config'),
          ...answer(resetOfSettings, 'reset'),
          isStaged,
        ],
        {
          ...becomesGood,
          'cat /etc/hostname': 'debian',
          'cat /root/kept': 'kept',
          'cat /srv/data': 'data',
        },
      ),
      kernels: [/^6\.1\./, /^6\.1\./, /^6\.1\./],
      console: { shows: [/migrate: making bookworm\.\d+/], lacks: [/migrate: making trixie/] },
    },
    started([menu, { type: pick(1) }], {
      ...startedBy('stable'),
      'migrate status | head -n 1': /^Running +bookworm\.1, retired since /,
      'cat /etc/hostname /root/kept': 'atlas\nkept',
    }),
    started([...repair(2, 'system'), ...answer(/Reset of the system/, 'reset'), isStaged], {
      ...becomesGood,
      'cat /etc/hostname': 'debian',
      'test -e /root/kept || echo gone': 'gone',
      'cat /srv/data': 'data',
    }),
    {
      ...started(
        [
          // Nobody is there: what was said in advance comes after five minutes.
          ...repair(3, 'total'),
          { wait: /Reset of everything \(total\)/, seconds: 400 },
          { wait: /nothing for 5 minutes, restarts the machine with nothing changed/ },
          { wait: /Nothing is changed/, seconds: 400 },
          ...repair(3, 'total'),
          ...answer(/Reset of everything \(total\)/, 'reset'),
          { wait: /Nothing is changed/ },
          ...repair(3, 'total'),
          ...answer(/Reset of everything \(total\)/, 'destroy'),
          isStaged,
        ],
        {
          ...startedBy('try'),
          'cat /etc/hostname': 'debian',
          'test -e /srv/data || echo gone': 'gone',
          'migrate versions --json | grep --only-matching \'"id":"[^"]*"\' | wc -l': '1',
          'migrate volume fsck': 'The ledger and the store agree',
        },
      ),
      limitSeconds: 1500,
      console: { shows: [/There is no way back/] },
    },
  ],
};
