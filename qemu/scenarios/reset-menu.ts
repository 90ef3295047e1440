import { pick } from '../loader/machines.ts';
import { menu, repair, slowMenu } from '../recovery-menu.ts';
import type { Boot, Expectations, Scenario, Step } from '../scenario.ts';
import { volumes } from '../store-updates.ts';

/** Waits for the question, and answers. */
const answer = (question: RegExp, word: string): readonly Step[] => [
  { wait: question, seconds: 400 },
  { wait: /(reset|destroy)\? / },
  { type: `${word}\r` },
];

const isStaged: Step = { wait: /The next start makes bookworm\.\d+/, seconds: 400 };

/** One of the kernel that the last start has. */
const startedBy = (why: 'try' | 'stable'): Expectations => ({
  'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': `migrate.why=${why}`,
});

/** The trial of a reset that comes to be good. */
const becomesGood: Expectations = {
  ...startedBy('try'),
  'systemctl start migrate-good.service; migrate status | head -n 1': /^Running +bookworm\.\d+, good since /,
  'migrate loader show | tail -n 1': 'On trial none',
  'migrate volume fsck': 'The ledger and the store agree',
};

function started(steps: readonly Step[], report: Expectations): Boot {
  return { entry: 'loader', ends: 'report', limitSeconds: 900, steps, report };
}

const resetOfSettings = /Reset of the settings \(config\)/;

export const scenario: Scenario = {
  name: 'reset-menu',
  promise:
    'A reset from the Recovery menu asks for a word at the console, changes nothing for another one, and is tried and counted as an update is; older versions start as they were left.',
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
      console: { shows: [/There is no way back/] },
    },
  ],
};
