import { btrfsTrial } from '../entries.ts';
import { bootedAsV2, healthy } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'stale-initramfs',
  promise: 'What the initramfs has to know of the carried settings is in a new one after the first boot.',
  cases: [56],
  layout: 'btrfs',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  fullOnly: true,
  oldChanges: `
mkdir /var/lib/early
echo options zram num_devices=3 > /etc/modprobe.d/local.conf
# Else dracut leaves settings of the machine out.
mkdir -p /etc/dracut.conf.d
echo 'hostonly="yes"' > /etc/dracut.conf.d/local.conf
echo 'LABEL=ROOT /var/lib/early btrfs subvol=@early,x-initrd.mount 0 0' > /etc/fstab
`,
  entries: { trial: { ...btrfsTrial, unmasked: ['migrate-initramfs.service'] } },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      limitSeconds: 900,
      report: {
        // Waits for the unit where it still runs.
        'systemctl start migrate-initramfs.service && echo ran': 'ran',
        'test -e /var/lib/migrate/initramfs-stale || echo fresh': 'fresh',
        'lsinitrd --file etc/modprobe.d/local.conf /boot/initr*$(uname -r)*': 'options zram num_devices=3',
        'cat /run/reboot-required': /restart required/,
        ...healthy,
        'cat /run/migrate/booted.json': bootedAsV2['cat /run/migrate/booted.json'] ?? '',
      },
    },
  ],
};
