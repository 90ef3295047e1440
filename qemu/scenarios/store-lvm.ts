import { saveEntry } from '../lvm-loader.ts';
import { operatorChangesOnPartitions } from '../operator.ts';
import type { Expectations, Scenario } from '../scenario.ts';
import { nextChanges, updateBoots, volumes } from '../store-updates.ts';

/** What the installer of such a machine writes, and what its operator adds for the store. */
const tableOfFilesystems = `
mkdir /migrate
cat >> /etc/fstab <<END
/dev/mapper/vg0-root / ext4 errors=remount-ro 0 1
/dev/mapper/vg0-store /migrate ext4 defaults 0 0
END
`;

/** `settings` is what the version's own branch holds. */
const volumesOf = (settings: string): Expectations => ({
  'cat /etc/app/settings': settings,
  'findmnt --noheadings --output SOURCE /': /^\/dev\/mapper\/vg0-migrate_[0-9a-f]{24}$/,
  'findmnt --noheadings --output SOURCE,FSTYPE /etc/app': /^\/dev\/mapper\/vg0-migrate_[0-9a-f]{24} +ext4$/,
  'findmnt --noheadings --output SOURCE,FSTYPE /srv': /^\/dev\/mapper\/vg0-migrate_[0-9a-f]{24} +ext4$/,
  'findmnt --noheadings --output FSTYPE /srv/scratch': 'tmpfs',
});

export const scenario: Scenario = {
  name: 'store-lvm',
  promise:
    'A machine on thin volumes of LVM goes through three image updates, back two versions, and forward with what was changed there.',
  cases: [68, 108],
  layout: 'store-lvm',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChangesOnPartitions + volumes + tableOfFilesystems,
  newChanges: nextChanges,
  entries: {},
  boots: updateBoots(volumesOf, { inTests: 5 }).map((boot, index, { length }) => ({
    ...boot,
    // Under emulation LVM needs a second for each command.
    limitSeconds: 1800,
    // The last boot leaves nothing to be started next.
    report: { ...boot.report, ...(index === length - 1 ? {} : { [saveEntry('next')]: /saved next$/ }) },
  })),
  fullOnly: true,
};
