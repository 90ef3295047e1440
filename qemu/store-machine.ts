import type { Expectations } from './scenario.ts';

/** That the machine runs the version that it was put into the store with, as if nothing had been tried. */
export const runsAsBefore: Expectations = {
  '. /etc/os-release; echo $VERSION_CODENAME': 'bookworm',
  'cat /etc/hostname': 'atlas',
  'findmnt --noheadings --output FSROOT /': '/migrate/volumes/system/branches/bookworm.1',
  'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
  'systemctl --failed --no-legend --plain': '',
  'systemctl is-active ssh.service': 'active',
};

/** For a script of the host: the image `next` as an archive, where the machine finds `/data/fresh.tar.zst`. */
export const withArchive: string = `
tar --create --directory=disk/@images/next --xattrs --xattrs-include='*' --acls --numeric-owner . |
  zstd -q -1 -T0 -o disk/@data/fresh.tar.zst
`;

/** For a script of the machine: the top of its filesystem at /mnt, and the branches of the volume of roots in $branches. */
export const withTop: string = `
mountpoint --quiet /mnt || mount -o subvolid=5 LABEL=ROOT /mnt
branches=/mnt/migrate/volumes/system/branches
`;

/** What lies in the place of branches; nothing is half made, and the ledger agrees. */
export const wholeStore = (branches: string): Expectations => ({
  [`${withTop} ls "$branches" | grep --invert-match '[.]json$' | tr '\\n' ' '`]: branches,
  'migrate volume fsck': 'The ledger and the store agree',
});
