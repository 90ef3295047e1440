import { type Built, cached } from '../../../qemu/cache.ts';
import { bootstrap, bootstrapOptions, type Suite } from '../../../qemu/debian-root.ts';

/** A server with a compiler, some services and a kernel: at least 55,000 entries. */
const packages = [
  ['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'linux-image-cloud-amd64', 'zstd', 'lvm2', 'btrfs-progs'],
  ['openssh-server', 'sudo', 'cron', 'nginx', 'postfix', 'rsyslog', 'samba-common', 'squid', 'apache2', 'postgresql'],
  ['acl', 'attr', 'libcap2-bin', 'iputils-ping', 'git', 'vim', 'perl', 'python3', 'build-essential', 'cmake', 'golang'],
  ['linux-headers-cloud-amd64', 'ca-certificates', 'snmpd', 'bind9', 'apparmor', 'fontconfig'],
].flat();

const options = bootstrapOptions(packages, []);

/** A Debian root as it comes from the mirror, a directory in the cache; a first build takes minutes. */
export function debianRoot(suite: Suite): Promise<Built> {
  return cached({
    name: `bench-debian-${suite}`,
    inputs: options,
    make: (path) => bootstrap(options, suite, path),
  });
}
