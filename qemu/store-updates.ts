import { changesInForce, healthy, newImageInForce } from './operator.ts';
import type { Boot, Expectations } from './scenario.ts';

/**
 * Settings in a volume of their own, of which every version has a branch, and data that all versions share: `/srv` is declared
 * here, `/home` by `migrate init`.
 */
export const volumes: string = `
mkdir -p /etc/app /etc/migrate/volumes.d /home/alice
echo letter > /home/alice/letter
echo first > /etc/app/settings
echo data > /srv/data
cat > /etc/migrate/volumes.d/local.volume <<END
volume app /etc/app class=config
volume security /etc/security class=config
volume srv /srv class=data
END
`;

/** What the next image has that the new one has not; in a volume of every machine too. */
export const nextChanges: string = `
echo "the next image" > /etc/issue
sed -i '1i # of the next image' /etc/security/limits.conf
`;

const limit = 'alice hard nproc 500';

/** What a volume that comes with every image holds: lines of the image that it was made with last, and those of the machine. */
const limits = (image: 'older' | 'next'): Expectations => ({
  'findmnt --noheadings --output TARGET /etc/security': '/etc/security',
  'head -n 1 /etc/security/limits.conf': image === 'next' ? '# of the next image' : /^# \/etc\/security\/limits.conf/,
  'tail -n 1 /etc/security/limits.conf': limit,
});

const isRunning = (version: RegExp, state: string): Expectations => ({
  'migrate status --json | grep --only-matching \'"running":"[^"]*"\' | cut -d \'"\' -f 4': version,
  'migrate status | head -n 1': new RegExp(`, ${state} since `),
});

const accounts: Expectations = {
  'id --user alice carol': '1001\n1002',
  'grpck --read-only && echo whole': 'whole',
};

/** An entry of fstab and an account that only the second version was given, and those made of it. */
const ofSecond = (has: boolean): Expectations => ({
  'getent passwd dave | cut -d : -f 3; echo end': has ? '1003\nend' : 'end',
  'findmnt --noheadings --output FSTYPE,OPTIONS /mnt/second; echo end': has ? /^tmpfs .*size=1024k.*\nend$/ : 'end',
  'grep --count /mnt/second /etc/fstab; echo end': has ? '1\nend' : '0\nend',
});

/** What people keep in `/home`, in a volume that all versions share. */
const homes = (...files: readonly string[]): Expectations => ({
  'cat /etc/migrate/volumes.d/10-init.volume': '# Written by migrate init.\nvolume home /home class=data',
  'findmnt --noheadings --output TARGET /home': '/home',
  'ls /home/alice': files.join('\n'),
});

/** Runs something with the id of the newest version of an image in $version. */
const withNewest = (image: string, then: string): string =>
  `version=$(migrate versions --json | grep --only-matching '"id":"${image}[.][0-9]*"' | cut -d '"' -f 4 | sort --version-sort | tail -n 1) && ${then}`;

const longest = 900;

/** A boot of the entry that `migrate entry` prints, and what the system then answers. */
function updated(report: Expectations): Boot {
  return { entry: 'next', ends: 'report', limitSeconds: longest, report: { ...changesInForce, ...report } };
}

/**
 * Three image updates, back two versions, and forward with what was changed there. `volumesOf` says how the volumes are
 * mounted, with the settings that the version's own branch holds.
 */
export function updateBoots(
  volumesOf: (settings: string) => Expectations,
  { inTests }: { readonly inTests: number },
): readonly Boot[] {
  const boots: readonly Boot[] = [
    updated({
      ...newImageInForce,
      ...healthy,
      ...isRunning(/^trixie\.\d+$/, 'trial'),
      ...volumesOf('first'),
      ...homes('letter'),
      'migrate mark-good': /^trixie\.\d+ is now good; bookworm\.1 is retired$/,
      'echo thesis > /home/alice/thesis && echo done': 'done',
      'echo second > /etc/second && echo second > /etc/app/settings && useradd --uid 1002 carol && echo done': 'done',
      [`echo "${limit}" >> /etc/security/limits.conf && echo done`]: 'done',
      'migrate stage next --json > /root/staged.json && echo staged': 'staged',
    }),
    updated({
      ...healthy,
      ...accounts,
      ...volumesOf('second'),
      ...homes('letter', 'thesis'),
      ...limits('next'),
      'cat /etc/issue': 'the next image',
      'cat /etc/second': 'second',
      'migrate mark-good': /is now good; trixie\.\d+ is retired/,
      'echo "tmpfs /mnt/second tmpfs size=1m 0 0" >> /etc/fstab && useradd --uid 1003 dave && echo done': 'done',
      'echo third > /etc/app/settings && echo newer > /srv/data && echo done': 'done',
      'migrate stage trixie --json > /root/staged.json && echo staged': 'staged',
    }),
    updated({
      ...healthy,
      ...accounts,
      ...volumesOf('third'),
      ...ofSecond(true),
      ...limits('older'),
      'test "$(cat /etc/issue)" != "the next image" && echo older': 'older',
      'migrate mark-good': /is now good; next\.\d+ is retired/,
      [`migrate rollback $(migrate versions --json | grep --only-matching '"id":"trixie[.][0-9]*"' | cut -d '"' -f 4 | sort --version-sort | head -n 1)`]:
        /^trixie\.\d+ is on trial/,
    }),
    updated({
      ...healthy,
      ...accounts,
      ...volumesOf('second'),
      ...homes('letter', 'thesis'),
      ...ofSecond(false),
      ...limits('older'),
      'cat /srv/data': 'newer',
      'migrate mark-good': /is now good; trixie\.\d+ is retired/,
      'echo carried > /etc/carried && usermod --comment Alice alice && echo done': 'done',
      [withNewest('next', 'migrate forward --carry --json "$version" > /root/staged.json && echo staged')]: 'staged',
      // Both versions have changed it: the version that is left wins, and is said to.
      'grep --only-matching \'"key":"content:/etc/app/settings"\' /root/staged.json | sort --unique':
        '"key":"content:/etc/app/settings"',
    }),
    updated({
      ...healthy,
      ...accounts,
      ...isRunning(/^next\.\d+\+\d+\.\d+$/, 'trial'),
      ...volumesOf('second'),
      ...homes('letter', 'thesis'),
      ...ofSecond(true),
      ...limits('next'),
      'cat /etc/issue': 'the next image',
      'cat /etc/carried': 'carried',
      'getent passwd alice': /^alice:x:1001:1001:Alice:/,
      'migrate mark-good': /is now good; trixie\.\d+ is retired/,
      'migrate volume fsck && echo whole': /whole$/,
    }),
  ];
  return boots.map((boot, index) => (index < inTests ? boot : { ...boot, fullOnly: true }));
}
