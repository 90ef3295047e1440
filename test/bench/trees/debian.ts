import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Built, cached } from '../../../qemu/cache.ts';
import { command } from '../../../qemu/command.ts';

export type Suite = 'bookworm' | 'trixie';

/** A server with a compiler, some services and a kernel: at least 55,000 entries. */
const packages = [
  ['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'linux-image-cloud-amd64', 'zstd', 'lvm2', 'btrfs-progs'],
  ['openssh-server', 'sudo', 'cron', 'nginx', 'postfix', 'rsyslog', 'samba-common', 'squid', 'apache2', 'postgresql'],
  ['acl', 'attr', 'libcap2-bin', 'iputils-ping', 'git', 'vim', 'perl', 'python3', 'build-essential', 'cmake', 'golang'],
  ['linux-headers-cloud-amd64', 'ca-certificates', 'snmpd', 'bind9', 'apparmor', 'fontconfig'],
].flat();

const options = [
  '--variant=minbase',
  '--mode=root',
  '--format=directory',
  `--include=${packages.join(',')}`,
  '--aptopt=Acquire::Languages "none"',
  '--aptopt=Apt::Install-Recommends "false"',
];

/** A Debian root as it comes from the mirror, a directory in the cache; a first build takes minutes. */
export function debianRoot(suite: Suite): Promise<Built> {
  return cached({
    name: `bench-debian-${suite}`,
    inputs: options,
    make: async (path) => {
      await mkdir(path);
      await command('mmdebstrap', [...options, suite, join(path, 'root')], {
        log: join(path, 'build.log'),
        env: { SOURCE_DATE_EPOCH: '1760000000' },
      });
    },
  });
}
