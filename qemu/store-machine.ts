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

/** That EFI has started the machine. */
export const startedByEfi: Expectations = { 'test -d /sys/firmware/efi && echo EFI': 'EFI' };

/** For a machine that comes up on trial and is not good: the report would switch it off. */
export const reportOffTrial: string = `
mkdir -p /etc/systemd/system/migrate-test-report.service.d
printf '[Unit]\\nConditionKernelCommandLine=!migrate.why=try\\n' > /etc/systemd/system/migrate-test-report.service.d/not-on-trial.conf
`;

/** A driver of the vendor that takes the kernel down in every boot of the new image, before any service is up. */
export const panicsAtStart = `
cat > /usr/lib/systemd/system/bad-driver.service <<'END'
[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo c > /proc/sysrq-trigger'
END
mkdir -p /usr/lib/systemd/system/sysinit.target.wants
ln -s ../bad-driver.service /usr/lib/systemd/system/sysinit.target.wants/
`;

/** For a script of the host, of the layout `store`: the image with the changes is tried, in place of the one without. */
export const tryNext = '"$binary" stage next --parent bookworm.1 > /dev/null';

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
