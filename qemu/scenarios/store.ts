import { changesInForce, healthy, newImageInForce, operatorChanges } from '../operator.ts';
import type { Expectations, Scenario } from '../scenario.ts';

/** Settings in a volume of their own, of which every version has a branch, and data that all versions share. */
const volumes = `
mkdir -p /etc/app /etc/migrate/volumes.d
echo first > /etc/app/settings
echo data > /srv/data
cat > /etc/migrate/volumes.d/local.volume <<END
volume app /etc/app class=config
volume srv /srv class=data
END
`;

const isRunning = (version: RegExp, state: string): Expectations => ({
  'migrate status --json | grep --only-matching \'"running":"[^"]*"\' | cut -d \'"\' -f 4': version,
  'migrate status | head -n 1': new RegExp(`, ${state} since `),
});

/** `settings` is what the version's own branch holds. */
const volumesOf = (settings: string): Expectations => ({
  'cat /etc/app/settings': settings,
  'findmnt --noheadings --output FSROOT /etc/app': /^\/migrate\/volumes\/app\/branches\//,
  'findmnt --noheadings --output FSROOT /srv': '/migrate/volumes/srv/branches/main',
  'findmnt --noheadings --output FSTYPE /srv/scratch': 'tmpfs',
});

const accounts: Expectations = {
  'id --user alice carol': '1001\n1002',
  'grpck --read-only && echo whole': 'whole',
};

/** Runs something with the id of the newest version of an image in $version. */
const withNewest = (image: string, then: string): string =>
  `version=$(migrate versions --json | grep --only-matching '"id":"${image}[.][0-9]*"' | cut -d '"' -f 4 | sort --version-sort | tail -n 1) && ${then}`;

const longest = 900;

export const scenario: Scenario = {
  name: 'store',
  promise:
    'A machine in a store on btrfs goes through three image updates, back two versions, and forward with what was changed there.',
  cases: [68, 108],
  layout: 'store',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges + volumes,
  newChanges: 'echo "the next image" > /etc/issue',
  entries: {},
  boots: [
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...changesInForce,
        ...newImageInForce,
        ...healthy,
        ...isRunning(/^trixie\.\d+$/, 'trial'),
        ...volumesOf('first'),
        'migrate mark-good': /^trixie\.\d+ is now good; bookworm\.1 is retired$/,
        'echo second > /etc/second && echo second > /etc/app/settings && useradd --uid 1002 carol && echo done': 'done',
        'migrate stage next --json > /root/staged.json && echo staged': 'staged',
      },
    },
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...changesInForce,
        ...healthy,
        ...accounts,
        ...volumesOf('second'),
        'cat /etc/issue': 'the next image',
        'cat /etc/second': 'second',
        'migrate mark-good': /is now good; trixie\.\d+ is retired/,
        'echo third > /etc/app/settings && echo newer > /srv/data && echo done': 'done',
        'migrate stage trixie --json > /root/staged.json && echo staged': 'staged',
      },
    },
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...changesInForce,
        ...healthy,
        ...accounts,
        ...volumesOf('third'),
        'test "$(cat /etc/issue)" != "the next image" && echo older': 'older',
        'migrate mark-good': /is now good; next\.\d+ is retired/,
        [`migrate rollback $(migrate versions --json | grep --only-matching '"id":"trixie[.][0-9]*"' | cut -d '"' -f 4 | sort --version-sort | head -n 1)`]:
          /^trixie\.\d+ is on trial/,
      },
    },
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...changesInForce,
        ...healthy,
        ...accounts,
        ...volumesOf('second'),
        'cat /srv/data': 'newer',
        'migrate mark-good': /is now good; trixie\.\d+ is retired/,
        'echo carried > /etc/carried && usermod --comment Alice alice && echo done': 'done',
        [withNewest('next', 'migrate forward --carry --json "$version" > /root/staged.json && echo staged')]: 'staged',
      },
    },
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...changesInForce,
        ...healthy,
        ...accounts,
        'cat /etc/issue': 'the next image',
        'cat /etc/carried': 'carried',
        'getent passwd alice': /^alice:x:1001:1001:Alice:/,
        'migrate mark-good': /is now good; trixie\.\d+ is retired/,
        'migrate volume fsck && echo whole': /whole$/,
      },
    },
  ],
};
