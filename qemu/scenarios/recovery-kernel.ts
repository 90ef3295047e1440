import { pick } from '../loader/machines.ts';
import { menu, slowMenu, startedBy } from '../recovery-menu.ts';
import type { Scenario } from '../scenario.ts';

/** A package manager has brought a new kernel to the good version, whose initramfs was cut off by a full disk. */
const newKernel = `
release=$(cd /usr/lib/modules && echo *)
new=6.1.999-new
cp --archive --reflink=auto /usr/lib/modules/$release /usr/lib/modules/$new
cp /boot/vmlinuz-$release /boot/vmlinuz-$new
head --bytes 100000 /boot/initrd.img-$release > /boot/initrd.img-$new
`;

export const scenario: Scenario = {
  name: 'recovery-kernel',
  promise:
    'A new kernel of the good version that does not start leaves the one before it in the Recovery menu, which does.',
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: newKernel,
  diskChanges: slowMenu,
  entries: {},
  boots: [
    {
      entry: 'loader',
      ends: 'cut',
      // The version on trial comes before it.
      steps: [menu, { type: pick(1) }, { wait: /Kernel panic/ }, 'cut-power'],
      panics: true,
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      // Below the three resets and the shell.
      steps: [menu, { type: pick(2) + pick(4) }],
      console: { shows: [/bookworm\.1 with its previous kernel, 6\.1\./] },
      report: {
        ...startedBy('stable'),
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'ls /boot | grep --count vmlinuz-': '2',
        'systemctl --failed --no-legend --plain': '',
      },
    },
  ],
  fullOnly: true,
};
