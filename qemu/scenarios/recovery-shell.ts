import { pick } from '../loader/machines.ts';
import { menu, repair, slowMenu } from '../recovery-menu.ts';
import type { Scenario, Step } from '../scenario.ts';

/** What is typed in the shell, and what must come of it. */
const typed = (command: string, shows: RegExp): readonly Step[] => [
  { wait: /recovery:[^ ]*# /, seconds: 400 },
  { type: `${command}\r` },
  { wait: shows },
];

export const scenario: Scenario = {
  name: 'recovery-shell',
  promise:
    'The recovery shell of the menu has the store and the root, which it cannot change, and says what it has no network for; when it is left the machine restarts as it was.',
  layout: 'store',
  loader: 'migrate',
  network: true,
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: 'echo atlas > /etc/hostname',
  diskChanges: slowMenu,
  entries: {},
  fullOnly: true,
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      steps: [
        // The version on trial, and the good one.
        ...repair(2, 'shell'),
        { wait: /The store is at \/run\/migrate\/store, read-only/, seconds: 400 },
        // Its driver is one of the root; the image has no program that asks for an address.
        { wait: /There is no network: the initramfs has no program/ },
        ...typed('migrate versions', /bookworm\.1\b/),
        ...typed('echo changed > /run/migrate/store/changed; echo "wrote=$?"', /wrote=[1-9]/),
        ...typed('cat /run/migrate/root/etc/hostname', /atlas/),
        ...typed('exit', /exit/),
        menu,
        { type: pick(1) },
      ],
      kernels: [/^6\.1\./, /^6\.1\./],
      report: {
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'migrate loader show | tail -n 1': /^On trial trixie\.\d+, 2 starts left$/,
        'migrate volume fsck': 'The ledger and the store agree',
      },
    },
  ],
};
