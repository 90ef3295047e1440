import { withChangedProgram } from '../changed-program.ts';
import type { Boot, Expectations, Scenario } from '../scenario.ts';

/** The program asks for no nonce. */
const unasked = withChangedProgram({ pattern: 'if \\(given === nonce\\) return;', replacement: "'return;'" });

const old = '0'.repeat(32);

/** The loader has the nonce of another request than the store. */
const oldNonce = (boot: string): string => `
for file in ${boot}/migrate/env.a ${boot}/migrate/env.b; do
  sed 's/^migrate_nonce=[0-9a-f]\\{32\\}$/migrate_nonce=${old}/' "$file" > /run/env
  cat /run/env > "$file"
done
rm /run/env
`;

function fired(report: Expectations): Boot {
  return {
    entry: 'loader',
    ends: 'report',
    limitSeconds: 900,
    console: { shows: [/migrate: everything but next\.\d+ is destroyed/] },
    report: {
      'grep --only-matching "migrate.nonce=[0-9a-f]*" /proc/cmdline': `migrate.nonce=${old}`,
      'migrate status | head -n 1': /^Running +next\.\d+, good since /,
      ...report,
    },
  };
}

export const scenario: Scenario = {
  name: 'reset-nonce-control',
  promise:
    'Control: a program that asks for no nonce destroys everything by one that is not of the request, and once more by the same one.',
  cases: [101],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: 'echo atlas > /etc/hostname',
  newChanges: unasked,
  diskChanges: `
"$binary" reset total --from bookworm.1 --to next --yes > /dev/null
${oldNonce('boot')}`,
  entries: {},
  fullOnly: true,
  boots: [
    fired({
      'cat /etc/hostname': 'debian',
      'echo new > /etc/new; migrate reset total --yes > /root/reset 2>&1; migrate loader show | tail -n 1':
        /^Once +total$/,
      [`mkdir -p /run/boot; mount LABEL=BOOT /run/boot; ${oldNonce('/run/boot')} umount /run/boot`]: '',
    }),
    fired({ 'test -e /etc/new || echo gone': 'gone' }),
  ],
};
