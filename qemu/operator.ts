import type { Expectations } from './scenario.ts';

/** What the operator of the old machine changed, the fstab apart: a script for its root. */
const changes = `
echo atlas > /etc/hostname
sha256sum /etc/ssh/ssh_host_* > /root/host-keys.sha256
mkdir /data /var/lib/early /srv/scratch

echo zram > /etc/modules-load.d/local.conf
echo options zram num_devices=3 > /etc/modprobe.d/local.conf

sed -i 's/^#Port 22$/Port 2222/; s/^#PermitRootLogin .*/PermitRootLogin no/' /etc/ssh/sshd_config

install -m 0750 /usr/bin/true /usr/local/bin/beacon
setcap cap_net_raw+ep /usr/local/bin/beacon
setfacl -m user:backup:r-x /usr/local/bin/beacon

rm /etc/issue.net /etc/sudoers.d/README

useradd --uid 1001 --groups adm alice
usermod --password '$y$j9T$carried$carriedcarriedcarriedcarriedcarriedcarr' alice
useradd --system shop
install --owner shop --group shop --mode 0600 /dev/null /srv/shop.db

systemctl --quiet disable fstrim.timer
systemctl --quiet mask systemd-pstore.service
`;

/** Changes of a machine whose filesystems are subvolumes of one btrfs. */
export const operatorChanges: string = `${changes}
cat > /etc/fstab <<END
LABEL=ROOT /data btrfs subvol=@data 0 0
LABEL=ROOT /var/lib/early btrfs subvol=@early,x-initrd.mount 0 0
tmpfs /srv/scratch tmpfs size=16m,mode=0750 0 0
END
`;

/** The same on partitions. */
export const operatorChangesOnPartitions: string = `${changes}
cat > /etc/fstab <<END
LABEL=DATA /data ext4 defaults 0 0
LABEL=DATA /var/lib/early ext4 x-initrd.mount 0 0
tmpfs /srv/scratch tmpfs size=16m,mode=0750 0 0
END
`;

/** What the old machine's changes look like on a system that has them in force. */
export const changesInForce: Expectations = {
  'cat /etc/hostname': 'atlas',
  hostname: 'atlas',
  'cat /etc/machine-id': '0123456789abcdef0123456789abcdef',
  'sha256sum --check --quiet /root/host-keys.sha256 && echo kept': 'kept',
  'cat /data/marker': 'data',
  'findmnt --noheadings --output FSTYPE /srv/scratch': 'tmpfs',
  'stat --format %a /srv/scratch': '750',
  'ls /sys/block | grep zram': 'zram0\nzram1\nzram2',
  "grep -E '^(Port|PermitRootLogin) ' /etc/ssh/sshd_config": 'Port 2222\nPermitRootLogin no',
  'stat --format %a:%U:%G /usr/local/bin/beacon': '750:root:root',
  'getcap /usr/local/bin/beacon': '/usr/local/bin/beacon cap_net_raw=ep',
  'getfacl --absolute-names --omit-header --skip-base /usr/local/bin/beacon':
    'user::rwx\nuser:backup:r-x\ngroup::r-x\nmask::r-x\nother::---',
  'test -e /etc/issue.net || echo deleted': 'deleted',
  'id alice': 'uid=1001(alice) gid=1001(alice) groups=1001(alice),4(adm)',
  'grep --count carriedcarried /etc/shadow': '1',
  'stat --format %a:%U:%G /srv/shop.db': '600:shop:shop',
  // Numbers of these groups are others in the two releases.
  'stat --format %a:%U:%G /usr/bin/crontab': '2755:root:crontab',
  'stat --format %a:%U:%G /usr/lib/dbus-1.0/dbus-daemon-launch-helper': '4754:root:messagebus',
  'grpck --read-only && echo whole': 'whole',
  'echo $(systemctl is-enabled fstrim.timer systemd-pstore.service)': 'disabled masked',
  'test -e /etc/sudoers.d/README || echo deleted': 'deleted',
};

/** A system that came up whole. */
export const healthy: Expectations = {
  'systemctl --failed --no-legend --plain': '',
  'systemctl is-active ssh.service': 'active',
};

/** What shows that the image is Debian 13 and that its own changes arrived. */
export const newImageInForce: Expectations = {
  '. /etc/os-release; echo $VERSION_CODENAME': 'trixie',
  'uname -r': /^6\.12\./,
  'grep ^AcceptEnv /etc/ssh/sshd_config': 'AcceptEnv LANG LC_* COLORTERM NO_COLOR',
  'test -d /etc/credstore && echo arrived': 'arrived',
};

/** Where the boot's own records are, and that the initramfs mounted what the migrated fstab asks for. */
export const bootedAsV2: Expectations = {
  'cat /run/migrate/booted.json': /"v2"/,
  "journalctl --boot --no-pager --output cat --grep 'v2 is made and committed'": /v2 is made and committed/,
  'find /var/lib/migrate -type f': /plan/,
  'cat /var/lib/early/marker': /early|data/,
  'systemctl show --property ActiveEnterTimestampMonotonic --value var-lib-early.mount': /^\d+$/,
  'journalctl --boot --no-pager --output cat --unit sysroot-var-lib-early.mount': /Mounted/,
};

/** A vendor's mistake: reading the policy fails, and with it the migration. */
export const brokenPolicy: string = `
mkdir -p /usr/lib/migrate/policy.d
echo 'presist /etc/**' > /usr/lib/migrate/policy.d/99-broken.policy
`;
