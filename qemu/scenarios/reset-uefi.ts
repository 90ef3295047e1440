import { answer, becomesGood, isStaged, repair, slowMenu, started } from '../recovery-menu.ts';
import type { Scenario } from '../scenario.ts';
import { startedByEfi } from '../store-machine.ts';

export const scenario: Scenario = {
  name: 'reset-uefi',
  promise:
    'Where EFI starts GRUB, a reset from the Recovery menu is asked for, tried and counted, and comes to be good.',
  cases: [74],
  layout: 'store',
  loader: 'migrate',
  firmware: 'uefi',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: 'echo atlas > /etc/hostname; echo kept > /root/kept',
  diskChanges: slowMenu,
  entries: {},
  fullOnly: true,
  boots: [
    {
      // The version on trial, and the good one.
      ...started([...repair(2, 'config'), ...answer(/Reset of the settings \(config\)/, 'reset'), isStaged], {
        ...becomesGood,
        ...startedByEfi,
        'cat /etc/hostname /root/kept': 'debian\nkept',
      }),
      kernels: [/^6\.1\./, /^6\.1\./],
    },
  ],
};
