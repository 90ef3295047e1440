import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'grub-env-btrfs',
  promise:
    'Where /boot has come to be on btrfs GRUB cannot count: the good version runs, no start is used up, and nothing more is armed.',
  cases: [72, 101],
  layout: 'store',
  loader: 'migrate',
  bootFilesystem: 'btrfs',
  oldImage: 'bookworm',
  newImage: 'trixie',
  entries: {},
  boots: [1, 2].map(() => ({
    entry: 'loader',
    ends: 'report',
    limitSeconds: 600,
    kernels: [/^6\.1\./],
    report: {
      'grep --only-matching "migrate.why=[a-z-]*" /proc/cmdline': 'migrate.why=env-readonly',
      'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
      'migrate loader show | tail -n 2': /^Good +bookworm\.1\nOn trial trixie\.\d+, 2 starts left$/,
      'systemctl --failed --no-legend --plain': '',
      'systemctl is-active migrate-loader.service': 'active',
      'journalctl --boot --unit migrate-loader.service --output cat --no-pager':
        /Nothing is tried, and the loader stays as it is: GRUB cannot count starts in .*btrfs/,
      'migrate doctor': /GRUB cannot count starts in .*btrfs/,
      'migrate stage next 2>&1 | head -n 1':
        /Cannot have the next boot try a version: GRUB cannot count starts in .*btrfs/,
    },
  })),
  fullOnly: true,
};
