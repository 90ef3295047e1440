import { operatorChangesOnPartitions } from '../operator.ts';
import type { Expectations, Scenario } from '../scenario.ts';
import { nextChanges, updateBoots, volumes } from '../store-updates.ts';
import { saveEntryOfZfs } from '../zfs-store-disk.ts';

/** What the operator of such a machine adds for the store; the root is mounted by the initramfs alone. */
const tableOfFilesystems = `
mkdir /migrate
echo 'tank/migrate /migrate zfs defaults 0 0' >> /etc/fstab
`;

/** `settings` is what the version's own branch holds. */
const volumesOf = (settings: string): Expectations => ({
  'cat /etc/app/settings': settings,
  'findmnt --noheadings --output SOURCE,FSTYPE /': /^tank\/ROOT\/system\.[a-z]+\.\d+-[0-9a-f]{12} +zfs$/,
  'findmnt --noheadings --output SOURCE,FSTYPE /etc/app': /^tank\/ROOT\/app\..+ +zfs$/,
  'findmnt --noheadings --output SOURCE,FSTYPE /srv': /^tank\/ROOT\/srv\..+ +zfs$/,
  'findmnt --noheadings --output FSTYPE /srv/scratch': 'tmpfs',
});

export const scenario: Scenario = {
  name: 'store-zfs',
  promise:
    'A machine on a dataset of ZFS goes through three image updates, back two versions, and forward with what was changed there.',
  cases: [68, 108, 124],
  layout: 'store-zfs',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChangesOnPartitions + volumes + tableOfFilesystems,
  newChanges: nextChanges,
  entries: {},
  boots: updateBoots(volumesOf, { inTests: 5 }).map((boot, index, { length }) => ({
    ...boot,
    limitSeconds: 1800,
    // The last boot leaves nothing to be started next.
    report: { ...boot.report, ...(index === length - 1 ? {} : { [saveEntryOfZfs('next')]: /saved next$/ }) },
  })),
  fullOnly: true,
};
