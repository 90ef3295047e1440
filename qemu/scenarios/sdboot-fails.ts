import { newImageInForce } from '../operator.ts';
import type { Expectations, Scenario } from '../scenario.ts';
import { neverHealthy, reportOffTrial, setSystemdBoot, startedByEfi } from '../store-machine.ts';

const why = 'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline';
const loader = 'migrate loader show | tail -n 2';
const policy = '/etc/migrate/policy.d/99-broken.policy';

/** What `stage` foretells was right when it was staged. */
const breakPolicy = `mkdir -p /etc/migrate/policy.d && echo 'presist /etc/**' > ${policy} && echo broken`;

/** systemd-boot starts the good version as it always does: only the store knows that it went back. */
const backAgain: Expectations = {
  ...startedByEfi,
  [why]: 'migrate.why=stable',
  '. /etc/os-release; echo $VERSION_CODENAME': 'bookworm',
  'systemctl is-active migrate-loader.service': 'active',
  'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
  [loader]: 'Good     bookworm.1\nOn trial none',
};

export const scenario: Scenario = {
  name: 'sdboot-fails',
  promise:
    'systemd-boot goes back from a migration that fails and from a version that is never healthy, which are named with their reasons; a power cut costs one start, and the version comes to be good in the next.',
  cases: [70, 73, 104, 106],
  layout: 'store',
  loader: 'systemd-boot',
  oldImage: 'bookworm',
  newImage: 'trixie',
  newChanges: `${neverHealthy}${reportOffTrial}`,
  entries: {},
  boots: [
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: 900,
      report: { ...setSystemdBoot, [breakPolicy]: 'broken' },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 1500,
      kernels: [/^6\.12\./, /^6\.12\./, /^6\.1\./],
      console: { shows: [/99-broken\.policy/] },
      report: {
        ...backAgain,
        'migrate status': /trixie\.\d+ became failed on .*99-broken\.policy/,
        'cat /run/motd.d/migrate': /trixie\.\d+ failed; this machine runs bookworm\.1 again[\s\S]*99-broken\.policy/,
        [`rm ${policy}; migrate doctor`]: 'Nothing found',
        'migrate stage next --json > /dev/null && migrate loader show | tail -n 1':
          /^On trial next\.\d+, 2 starts left$/,
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 1500,
      kernels: [/^6\.12\./, /^6\.12\./, /^6\.1\./],
      console: { shows: [/the database does not start/], lacks: [/Kernel panic/] },
      report: {
        ...backAgain,
        'migrate status':
          /next\.\d+ became failed on .*: none of its 2 starts came to be good: .*50-database.*the database does not start/,
        'cat /run/motd.d/migrate':
          /next\.\d+ failed; this machine runs bookworm\.1 again[\s\S]*the database does not start/,
        'ls /run/migrate/store/failures/next.*': '1-checks.json\n1-journal.txt\n2-checks.json\n2-journal.txt',
        'migrate stage next 2>&1 | head -n 1': /Cannot stage next again: next\.\d+, which was made of it, has failed/,
        'migrate stage trixie --force --json > /dev/null && migrate loader show | tail -n 1':
          /^On trial trixie\.\d+, 2 starts left$/,
      },
    },
    {
      entry: 'loader',
      ends: 'cut',
      kernels: [/^6\.12\./],
      steps: [{ wait: /migrate: making/, seconds: 300 }, 'cut-power'],
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      kernels: [/^6\.12\./],
      report: {
        ...newImageInForce,
        ...startedByEfi,
        [why]: 'migrate.why=try',
        'systemctl start migrate-good.service; migrate status | head -n 1': /^Running +trixie\.\d+, good since /,
        [loader]: /^Good +trixie\.\d+\nOn trial none$/,
        'migrate doctor': 'Nothing found',
      },
    },
  ],
  fullOnly: true,
};
