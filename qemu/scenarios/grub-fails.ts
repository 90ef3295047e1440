import type { Scenario } from '../scenario.ts';

/** What `stage` foretells was right when it was staged. */
const breaksAfterStaging = `
policies=disk/migrate/volumes/system/branches/bookworm.1/etc/migrate/policy.d
mkdir -p "$policies"
echo 'presist /etc/**' > "$policies/99-broken.policy"
`;

export const scenario: Scenario = {
  name: 'grub-fails',
  promise:
    'Where the migration itself fails, and the previous root lacks modules for the kernel, GRUB ends at the previous version, which disarms it.',
  cases: [70],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  entries: {},
  diskChanges: breaksAfterStaging,
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 1500,
      kernels: [/^6\.12\./, /^6\.12\./, /^6\.1\./],
      console: { shows: [/99-broken\.policy/] },
      report: {
        'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': 'migrate.why=fallback',
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'migrate status': /trixie\.\d+ became failed on .*99-broken\.policy/,
        'migrate loader show | tail -n 2': 'Good     bookworm.1\nOn trial none',
        'cat /run/motd.d/migrate': /99-broken\.policy/,
      },
    },
  ],
  fullOnly: true,
};
