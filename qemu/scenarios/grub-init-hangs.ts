import type { Scenario } from '../scenario.ts';
import { tryNext, wentBack } from '../store-machine.ts';

/** In the place of systemd, which the initramfs starts: it never comes to do anything. */
const hangs = `
rm /usr/lib/systemd/systemd
printf '#!/bin/sh\\necho "nothing starts" > /dev/console\\nexec sleep infinity\\n' > /usr/lib/systemd/systemd
chmod 755 /usr/lib/systemd/systemd
`;

/** A minute is enough here; and the console says what starts. */
const sooner = `
sed -i "s/'panic=10'/& 'rd.migrate.watchdog=60'/" boot/migrate/menu.cfg
grep --quiet "'panic=10' 'rd.migrate.watchdog=60'" boot/migrate/menu.cfg
`;

export const scenario: Scenario = {
  name: 'grub-init-hangs',
  promise:
    'A version whose init does nothing at all is ended by the watchdog, which counts from the initramfs on, as often as it is tried; then the previous one runs.',
  cases: [70],
  layout: 'store',
  loader: 'migrate',
  watchdog: true,
  oldImage: 'bookworm',
  newImage: 'trixie',
  newChanges: hangs,
  entries: {},
  diskChanges: `${tryNext}
${sooner}`,
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 1500,
      kernels: [/^6\.12\./, /^6\.12\./, /^6\.1\./],
      // No kernel said that it restarts.
      console: {
        shows: [/watchdog did not stop![\s\S]*nothing starts[\s\S]*nothing starts/],
        lacks: [/reboot: Restarting system/, /Kernel panic/],
      },
      report: wentBack,
    },
  ],
  fullOnly: true,
};
