import type { Scenario } from '../scenario.ts';
import { volumes } from '../store-updates.ts';

/** What nobody may find afterwards. */
const secret = 'xyzzy-never-again';

/** Where it stands in the store, looked at with the power off. */
const found = `grep --recursive --files-with-matches --text --fixed-strings ${secret} disk/migrate | wc -l`;

/** As if the loader still had the nonce of another request. */
const oldNonce = `mkdir -p /run/boot; mount LABEL=BOOT /run/boot
for file in /run/boot/migrate/env.a /run/boot/migrate/env.b; do
  sed 's/^migrate_nonce=[0-9a-f]\\{32\\}$/migrate_nonce=00000000000000000000000000000000/' "$file" > /run/env
  cat /run/env > "$file"
done
umount /run/boot`;

const asked = /^On trial trixie\.\d+, 2 starts left\nOnce +total$/;

export const scenario: Scenario = {
  name: 'reset-total',
  promise:
    'A total reset destroys all but a new version as its image came, goes on after a power cut in the middle of it, does so once, and not for a request that is not the one of the store.',
  cases: [74, 101, 110],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: `${volumes}
echo atlas > /etc/hostname
echo ${secret} > /etc/secret
echo ${secret} > /srv/secret
mkdir /srv/many
for i in $(seq 20); do head -c 100000 /dev/zero > /srv/many/$i; done
`,
  entries: {},
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      report: {
        'migrate mark-good | head -n 1': /^trixie\.\d+ (is now|was already) good/,
        'cat /etc/secret /srv/secret': `${secret}\n${secret}`,
        // Nobody is there to be asked.
        'migrate reset total < /dev/null 2>&1 | head -n 1; migrate loader show | tail -n 1': /On trial none$/,
        'migrate reset total --yes > /root/reset 2>&1; migrate loader show | tail -n 2': asked,
      },
      disks: { [found]: /^([5-9]|[1-9][0-9]+)$/ },
    },
    {
      entry: 'loader',
      ends: 'cut',
      limitSeconds: 600,
      steps: [{ wait: /migrate: destroying everything but trixie\.\d+/, seconds: 600 }, { pause: 0.3 }, 'cut-power'],
      console: { lacks: [/migrate: everything but/] },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      console: { shows: [/migrate: everything but trixie\.\d+ is destroyed/] },
      report: {
        'cat /etc/hostname': 'debian',
        'test -e /srv/secret || echo gone': 'gone',
        'migrate status | head -n 1': /^Running +trixie\.\d+, good since /,
        'migrate versions | wc -l': /^[12]$/,
        'migrate image ls | grep --count bookworm': '0',
        'migrate volume fsck': 'The ledger and the store agree',
        'migrate loader show | tail -n 2': /^Good +trixie\.\d+\nOn trial none$/,
        // The image has no host keys, and the reset takes what was: the start makes new ones.
        'systemctl --failed --no-legend --plain': '',
        'echo new > /srv/new; migrate reset total --yes > /root/reset 2>&1; migrate loader show | tail -n 2': asked,
        [oldNonce]: '',
      },
      disks: { [found]: '0' },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      console: { shows: [/migrate\.nonce= is of another request/], lacks: [/migrate: destroying/] },
      report: {
        'cat /srv/new': 'new',
        'migrate status | head -n 1': /^Running +trixie\.\d+, good since /,
        'migrate volume fsck': 'The ledger and the store agree',
      },
    },
  ],
  fullOnly: true,
};
