import { newImageInForce } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

const isGood = /^Running +trixie\.\d+, good since /;
const why = 'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline';
const loader = 'migrate loader show | tail -n 2';
const settled = /^Good +trixie\.\d+\nOn trial none$/;

/** Does something where GRUB reads, as a disk that fails or a repair of the filesystem would. */
const atGrub = (script: string): string =>
  `mkdir -p /media/boot && mount LABEL=BOOT /media/boot && cd /media/boot/migrate && ${script} && cd / && umount /media/boot && echo done`;

export const scenario: Scenario = {
  name: 'grub-env',
  promise:
    'A machine that loses either environment of GRUB, or both, runs the version it should, says so, and sets them up again.',
  cases: [101, 102],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  entries: {},
  // The newer one: the trial is told by the other.
  diskChanges: 'truncate --size 0 boot/migrate/env.b',
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      kernels: [/^6\.12\./],
      report: {
        ...newImageInForce,
        [why]: 'migrate.why=try',
        [atGrub('stat --format %s env.b')]: '0\ndone',
        'migrate doctor': /environment env\.b is damaged/,
        'systemctl start migrate-good.service; migrate status | head -n 1': isGood,
        [loader]: settled,
        [atGrub('truncate --size 60 env.a')]: 'done',
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      kernels: [/^6\.12\./],
      report: {
        [why]: 'migrate.why=stable',
        'migrate status | head -n 1': isGood,
        'migrate doctor': /environment env\.a is damaged/,
        [atGrub('migrate loader set grub /media/boot/migrate > /dev/null')]: 'done',
        'migrate doctor; true': 'Nothing found',
        [atGrub('rm env.a && truncate --size 0 env.b')]: 'done',
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      kernels: [/^6\.12\./],
      report: {
        [why]: 'migrate.why=stable',
        'grep --only-matching "migrate.env=[a-z]*" /proc/cmdline': 'migrate.env=none',
        'migrate status | head -n 1': isGood,
        'systemctl is-active migrate-loader.service': 'active',
        [loader]: settled,
        [atGrub('stat --format %s env.a env.b')]: '1024\n1024\ndone',
        'migrate stage next --json > /dev/null && migrate loader show | tail -n 1':
          /^On trial next\.\d+, 2 starts left$/,
      },
    },
  ],
  fullOnly: true,
};
