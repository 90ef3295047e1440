import type { Scenario } from '../scenario.ts';
import { scenario as counted } from './grub-env-btrfs.ts';

/** GRUB takes its word for what it has written: as the menu was, but for the lines that read it again. */
const withoutReading = `
menu=boot/migrate/menu.cfg
before=$(wc -l < "$menu")
sed -i '/set migrate_\\(tries\\|once\\)=unread/,+1d' "$menu"
[ "$((before - 4))" -eq "$(wc -l < "$menu")" ]
`;

export const scenario: Scenario = {
  ...counted,
  name: 'grub-env-btrfs-control',
  promise:
    'Control: without reading again what it has written, GRUB starts the new version for ever, and counts nothing.',
  diskChanges: withoutReading,
  boots: [1, 2].map(() => ({
    entry: 'loader',
    ends: 'report',
    limitSeconds: 900,
    kernels: [/^6\.12\./],
    report: {
      'grep --only-matching "migrate.why=[a-z-]*" /proc/cmdline': 'migrate.why=try',
      'migrate loader show | tail -n 1': /^On trial trixie\.\d+, 2 starts left$/,
    },
  })),
};
