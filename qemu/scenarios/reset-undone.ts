import type { Boot, Expectations, Scenario, Step } from '../scenario.ts';
import { volumes } from '../store-updates.ts';

const identity = '0123456789abcdef0123456789abcdef';
const onTrial = /^On trial bookworm\.\d+, 2 starts left$/;

/** Has a command say what it has to only where it fails. */
const arming = (words: string): string =>
  `migrate ${words} > /run/said 2>&1 || cat /run/said; migrate loader show | tail -n 1`;

/** The version on trial is good from here on. */
const becomesGood: Expectations = {
  'systemctl start migrate-good.service; migrate status | head -n 1': /^Running +bookworm\.\d+, good since /,
  'migrate volume fsck': 'The ledger and the store agree',
  'migrate doctor': 'Nothing found',
};

const isReset: Expectations = {
  'cat /etc/hostname /etc/machine-id /root/kept /srv/data': `atlas\n${identity}\nkept\ndata`,
  'test -e /etc/own || echo gone': 'gone',
  'ls /etc/app': '',
};

const made = /migrate: making bookworm\.\d+/;
const making: Step = { wait: made, seconds: 800 };

/** The power goes after the last of the steps. */
const cutAfter = (...steps: readonly Step[]): Boot => ({
  entry: 'loader',
  ends: 'cut',
  limitSeconds: 900,
  steps: [...steps, 'cut-power'],
});

const comesUp = (report: Expectations, console: NonNullable<Boot['console']>): Boot => ({
  entry: 'loader',
  ends: 'report',
  limitSeconds: 900,
  report,
  console,
});

export const scenario: Scenario = {
  name: 'reset-undone',
  promise:
    'A reset of the settings, and one of the system, whose machine loses its power while they are made, are made at the next start; what was before comes back.',
  cases: [54, 74, 75, 110],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: `${volumes}
echo atlas > /etc/hostname
echo own > /etc/own
echo kept > /root/kept
`,
  diskChanges: '"$binary" reset config --keep identity --from bookworm.1 --yes > /dev/null',
  entries: {},
  fullOnly: true,
  boots: [
    cutAfter(making),
    comesUp({ ...isReset, ...becomesGood, [arming('reset system --yes')]: onTrial }, { shows: [made] }),
    cutAfter(making, { wait: /migrate: verify/ }),
    comesUp(
      {
        [`grep --count ${identity} /etc/machine-id`]: '0',
        'test -e /root/kept || echo gone': 'gone',
        'cat /srv/data': 'data',
        ...becomesGood,
        [arming('reset --undo')]: onTrial,
      },
      { shows: [made] },
    ),
    comesUp({ ...isReset, ...becomesGood }, { lacks: [made] }),
  ],
};
