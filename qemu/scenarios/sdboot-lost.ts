import { newImageInForce } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { setSystemdBoot, startedByEfi } from '../store-machine.ts';

const isGood = /^Running +trixie\.\d+, good since /;
const why = 'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline';
const loader = 'migrate loader show | tail -n 2';
const settled = /^Good +trixie\.\d+\nOn trial none$/;
const journal = 'journalctl --boot --no-pager --output=cat --unit=migrate-loader.service';

/** Does something where systemd-boot reads, as a repair of the filesystem would. */
const atLoader = (script: string): string =>
  `mkdir -p /media/esp && mount LABEL=ESP /media/esp && cd /media/esp/loader && ${script} && cd / && umount /media/esp && echo done`;

export const scenario: Scenario = {
  name: 'sdboot-lost',
  promise:
    'A machine that loses the entry of the version on trial, or that of the good one, starts another good version, says so, and has the entry again.',
  cases: [102],
  layout: 'store',
  loader: 'systemd-boot',
  oldImage: 'bookworm',
  newImage: 'trixie',
  entries: {},
  boots: [
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: 900,
      report: {
        ...setSystemdBoot,
        [atLoader('truncate --size 0 entries/migrate-trixie.*+2.conf')]: 'done',
        'migrate doctor': /systemd-boot leaves out \/loader\/entries\/migrate-trixie\.\d+\+2\.conf: it is damaged/,
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      kernels: [/^6\.1\./],
      report: {
        ...startedByEfi,
        [why]: 'migrate.why=stable',
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        [journal]: /Mended: systemd-boot leaves out .*migrate-trixie\.\d+\+2\.conf/,
        [loader]: /^Good +bookworm\.1\nOn trial trixie\.\d+, 2 starts left$/,
        'migrate doctor': 'Nothing found',
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      kernels: [/^6\.12\./],
      report: {
        ...newImageInForce,
        [why]: 'migrate.why=try',
        'systemctl start migrate-good.service; migrate status | head -n 1': isGood,
        [loader]: settled,
        [atLoader('truncate --size 0 entries/migrate-trixie.*.conf')]: 'done',
        'migrate doctor': /systemd-boot has no entry of a good version/,
        'migrate stage next 2>&1 | head -n 1':
          /Cannot have the next boot try a version: systemd-boot has no entry of a good version/,
        // What it cannot read it goes on without.
        [atLoader('echo lost > loader.conf')]: 'done',
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      kernels: [/^6\.1\./],
      report: {
        [why]: 'migrate.why=stable',
        'migrate status | head -n 1': /^Running +bookworm\.1, retired since /,
        [journal]: /Mended: systemd-boot has no entry of a good version/,
        'systemctl is-active migrate-loader.service': 'active',
        [loader]: settled,
        'migrate doctor': 'Nothing found',
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      kernels: [/^6\.12\./],
      report: { ...startedByEfi, [why]: 'migrate.why=stable', 'migrate status | head -n 1': isGood },
    },
  ],
  fullOnly: true,
};
