import { withChangedProgram } from '../changed-program.ts';
import { slowMenu } from '../recovery-menu.ts';
import type { Boot, Expectations, Scenario } from '../scenario.ts';
import { volumes } from '../store-updates.ts';

/** What nobody may find afterwards. */
const secret = 'xyzzy-never-again';

/** Where it stands in the store, looked at with the power off. */
const found = `grep --recursive --files-with-matches --text --fixed-strings ${secret} disk/migrate | wc -l`;

/** The program writes each state of a total reset again and again, and says it: there is all time to cut the power. */
const stopsInEachState = withChangedProgram({
  pattern: String.raw`function writeReset\(\{[^}]*\}, (\w+)\) \{\n\K  const document = (\{.*?\});\n  replaceFile\((\w+), resetPath, \`\$\{seal\(document, ([\w.]+)\)\.text\}\n\`\);`,
  replacement: String.raw`"for(;;console.log($1.state))replaceFile($3,resetPath,\`\${seal($2,$4).text}\n\`);"`,
});

const ask = 'reset total --to next --keep identity --yes';

/** Has a command say what it has to only where it fails, and then the loader what it does. */
const arming = (words: string, lines = 1): string =>
  `migrate ${words} > /run/said 2>&1 || cat /run/said; migrate loader show | tail -n ${lines}`;

const asked = /^On trial next\.\d+, 3 starts left\nOnce +total$/;

/** The power goes as soon as the console shows it. */
function cutAt(wait: RegExp, lacks: readonly RegExp[] = []): Boot {
  return {
    entry: 'loader',
    ends: 'cut',
    limitSeconds: 900,
    steps: [{ wait, seconds: 800 }, 'cut-power'],
    console: { lacks },
  };
}

const cutIn = (state: string, lacks: readonly RegExp[]): Boot =>
  cutAt(new RegExp(`migrate\\[\\d+\\]: ${state}\\b`), lacks);

function comesUp(report: Expectations, console: NonNullable<Boot['console']> = {}): Boot {
  return { entry: 'loader', ends: 'report', limitSeconds: 900, report, console };
}

const making = /migrate: making next\.\d+/;
const destroying = /migrate: destroying everything but/;

const isWhole: Expectations = {
  'migrate loader show | tail -n 1': 'On trial none',
  'migrate volume fsck': 'The ledger and the store agree',
  'migrate doctor': 'Nothing found',
};

const identity = '0123456789abcdef0123456789abcdef';

export const scenario: Scenario = {
  name: 'reset-interrupted',
  promise:
    'A total reset whose machine loses its power in each of its states goes on to its end by itself, with what it keeps; one whose nonce was lost with the power destroys nothing.',
  cases: [54, 74, 75, 101, 110],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: `${volumes}
echo atlas > /etc/hostname
echo ${secret} > /etc/secret
echo ${secret} > /srv/secret
`,
  newChanges: stopsInEachState,
  diskChanges: `
"$binary" loader set grub boot/migrate --tries 3 > /dev/null
${slowMenu}
"$binary" ${ask} --from bookworm.1 > /dev/null
`,
  entries: {},
  fullOnly: true,
  boots: [
    // Armed: before the loader has handed on the nonce nothing is used up, and after it nothing begins.
    cutAt(/executed automatically/),
    // The first line of the kernel.
    cutAt(/\[ +\d+\.\d+\] /),
    comesUp(
      {
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'cat /etc/hostname /etc/secret /srv/secret': `atlas\n${secret}\n${secret}`,
        ...isWhole,
        [arming(ask, 2)]: asked,
      },
      { shows: [/Cannot make next\.\d+, which destroys everything else: migrate\.nonce= is not on/], lacks: [making] },
    ),
    cutIn('confirmed', [making, destroying]),
    cutIn('saving', [making, destroying]),
    cutIn('wiping', [destroying]),
    cutIn('restoring', [making]),
    cutIn('done', [making, destroying]),
    {
      ...comesUp(
        {
          'cat /etc/hostname /etc/machine-id': `atlas\n${identity}`,
          'cat /etc/secret /srv/secret || echo gone': /gone$/,
          // The keys of the host are kept with its identity.
          'systemctl is-active ssh.service': 'active',
          'systemctl --failed --no-legend --plain': '',
          'migrate status | head -n 1': /^Running +next\.\d+, good since /,
          'migrate versions --json | grep --only-matching \'"id":"[^"]*"\' | wc -l': '1',
          'migrate image ls | grep --count bookworm': '0',
          ...isWhole,
          // Asked for twice it is one, which is cancelled.
          [arming('reset total --yes')]: /^Once +total$/,
          [arming('reset total --yes', 2)]: asked,
          [arming('reset --cancel')]: 'On trial none',
        },
        { lacks: [making, destroying] },
      ),
      disks: { [found]: '0' },
    },
  ],
};
