import { operatorChanges } from './operator.ts';
import type { Expectations, Scenario } from './scenario.ts';

/** A machine in a store, with an archive of the image `next`. */
export type StoreMachine = {
  readonly scenario: Pick<Scenario, 'layout' | 'oldChanges'>;
  /** Of the version that the machine was put into the store with. */
  readonly rootInFilesystem: string;
  /** For a script of the machine: the branches of the volume of roots in $branches, and in $top where there is room beside. */
  readonly withTop: string;
  /** For a script of the machine: what prints how much a writer may still have, in MiB. */
  readonly free: string;
  /** Where the archive lies, for the host's script and for the machine's. */
  readonly archive: { readonly onDisks: string; readonly onMachine: string };
  /** What the host's script makes the archive of. */
  readonly image: string;
  /** How a boot fails that is to make a version where no block is free, and what the machine then tells of it. */
  readonly whenFull: { readonly console: RegExp; readonly told: Expectations };
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

/** A required check of the vendor that fails in every boot of the new image. */
export const neverHealthy = `
cat > /usr/lib/migrate/check.d/required.d/50-database <<'END'
#!/bin/sh
echo "the database does not start"
exit 1
END
chmod 755 /usr/lib/migrate/check.d/required.d/50-database
`;

/** Of a machine that has gone back to its first version, after both starts of `next` came to no end of their own. */
export const wentBack: Expectations = {
  'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': 'migrate.why=fallback',
  'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
  'migrate status': /next\.\d+ became failed on .*: none of its 2 starts came to be good/,
  'migrate loader show | tail -n 2': 'Good     bookworm.1\nOn trial none',
  'cat /run/motd.d/migrate': /next\.\d+ failed; this machine runs bookworm\.1 again/,
};

/** The machine is handed over to systemd-boot, on the partition of EFI. */
export const setSystemdBoot: Expectations = {
  'mkdir /esp && mount LABEL=ESP /esp && mkdir /esp/migrate && migrate loader set systemd-boot /esp/migrate | head -n 1':
    'systemd-boot starts this machine from /esp/migrate',
};

/** For a script of the host, of the layout `store`: the image with the changes is tried, in place of the one without. */
export const tryNext = '"$binary" stage next --parent bookworm.1 > /dev/null';

/** For a script of the machine, on btrfs: the top of its filesystem at /mnt. */
export const withTop: string = `
top=/mnt
mountpoint --quiet $top || mount -o subvolid=5 LABEL=ROOT $top
branches=$top/migrate/volumes/system/branches
`;

export const onBtrfs: StoreMachine = {
  scenario: { layout: 'store', oldChanges: operatorChanges },
  rootInFilesystem: '/migrate/volumes/system/branches/bookworm.1',
  withTop,
  free: 'df --output=avail --block-size=1M $top | tail -n 1',
  archive: { onDisks: 'disk/@data/fresh.tar.zst', onMachine: '/data/fresh.tar.zst' },
  image: 'disk/@images/next',
  whenFull: {
    console: /migrate: failed: Cannot write \d+ bytes in \d+ files to .*: \d+ bytes .* are free/,
    // Small files are among the records that btrfs keeps room for.
    told: { 'migrate status | sed --quiet 3p': /^Last outcome +trixie\.3 became failed on .*: Cannot write \d+ bytes/ },
  },
};

/** For a script of the host: the image `next` as an archive. */
export const withArchive = ({ archive, image }: StoreMachine): string => `
tar --create --directory=${image} --xattrs --xattrs-include='*' --acls --numeric-owner . |
  zstd -q -1 -T0 -o ${archive.onDisks}
`;

/** That the machine runs the version that it was put into the store with, as if nothing had been tried. */
export const runsAsBefore = ({ rootInFilesystem }: StoreMachine): Expectations => ({
  '. /etc/os-release; echo $VERSION_CODENAME': 'bookworm',
  'cat /etc/hostname': 'atlas',
  'findmnt --noheadings --output FSROOT /': rootInFilesystem,
  'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
  'systemctl --failed --no-legend --plain': '',
  'systemctl is-active ssh.service': 'active',
});

/** What lies in the place of branches; nothing is half made, and the ledger agrees. */
export const wholeStore = ({ withTop }: StoreMachine, branches: string): Expectations => ({
  [`${withTop} ls "$branches" | grep --invert-match '[.]json$' | tr '\\n' ' '`]: branches,
  'migrate volume fsck': 'The ledger and the store agree',
});
