import { operatorChangesOnPartitions } from '../operator.ts';
import type { Expectations, Scenario } from '../scenario.ts';
import type { StoreMachine } from '../store-machine.ts';
import { nextChanges, updateBoots, volumes } from '../store-updates.ts';

/** What engines of containers do with what they keep: overlayfs takes no upper directory that lies on overlayfs. */
const container =
  'cd $(mktemp --directory --tmpdir=/srv) && mkdir lower upper work at && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none at && echo a container > at/file && cat upper/file && umount at';

/** What the installer of such a machine writes; a root of layers is neither. */
const rootLines = {
  ext4: 'LABEL=ROOT / ext4 errors=remount-ro 0 1',
  xfs: 'LABEL=ROOT / xfs defaults 0 0',
} as const;

type Filesystem = keyof typeof rootLines;

/** `settings` is what the version's own branch holds. */
const volumesOn =
  (filesystem: Filesystem) =>
  (settings: string): Expectations => ({
    'cat /etc/app/settings': settings,
    'findmnt --noheadings --output SOURCE,FSTYPE /': /^system\/branches\/\S+ +overlay$/,
    'findmnt --noheadings --output SOURCE /etc/app': /app\/branches\//,
    'findmnt --noheadings --output FSTYPE,FSROOT /srv': new RegExp(
      `^${filesystem} +/migrate/volumes/srv/branches/main/tree$`,
    ),
    'findmnt --noheadings --output FSTYPE,FSROOT /home': new RegExp(
      `^${filesystem} +/migrate/volumes/home/branches/main/tree$`,
    ),
    [container]: 'a container',
    'findmnt --noheadings --output FSTYPE /srv/scratch': 'tmpfs',
  });

/** A machine whose versions are layers on such a filesystem, and its updates. */
export function layeredMachine(filesystem: Filesystem): Omit<Scenario, 'name' | 'promise'> {
  return {
    layout: `store-${filesystem}`,
    loader: 'none',
    oldImage: 'bookworm',
    newImage: 'trixie',
    oldChanges: `${operatorChangesOnPartitions}${volumes}\necho '${rootLines[filesystem]}' >> /etc/fstab\n`,
    newChanges: nextChanges,
    entries: {},
    boots: updateBoots(volumesOn(filesystem), { inTests: 2 }),
  };
}

/**
 * The same, on ext4, with an archive of the next image beside the store. Migrations leave out what is in /var/tmp; root may
 * use the blocks that ext4 reserves.
 */
export const onLayers: StoreMachine = {
  scenario: layeredMachine('ext4'),
  rootInFilesystem: '/',
  withTop: '\ntop=/var/tmp\nbranches=/migrate/volumes/system/branches\n',
  free: 'echo $(($(stat --file-system --format "%f * %S" $top) / 1048576))',
  archive: { onDisks: 'disk/var/tmp/fresh.tar.zst', onMachine: '/var/tmp/fresh.tar.zst' },
  image: 'next',
  whenFull: {
    console: /migrate: failed: mkdirat \S+: ENOSPC/,
    // ext4 keeps no room for records: what failed is armed still.
    told: { 'migrate status | sed --quiet 2p': /^Next boot +trixie\.3 is armed/ },
  },
};

export const scenario: Scenario = {
  ...layeredMachine('ext4'),
  name: 'store-overlay',
  promise:
    'A machine on ext4, whose versions are layers, goes through three image updates, back two versions, and forward with what was changed there.',
  cases: [68, 108],
};
