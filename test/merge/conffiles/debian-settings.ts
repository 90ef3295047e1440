import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../../../qemu/cache.ts';
import { downloadPackages, run, type Suite } from '../debian-packages.ts';

/** A settings file as two releases of Debian deliver it. */
export type Setting = { readonly path: string; readonly bookworm: string; readonly trixie: string };

const packages = [
  ...[
    'openssh-server',
    'openssh-client',
    'sudo',
    'postfix',
    'nginx-common',
    'rsyslog',
    'systemd',
    'lvm2',
    'samba-common',
  ],
  ...[
    'squid',
    'chrony',
    'apt',
    'unattended-upgrades',
    'logrotate',
    'cron',
    'login',
    'passwd',
    'adduser',
    'bash',
    'vim-common',
  ],
  ...[
    'udev',
    'procps',
    'libpam-runtime',
    'apache2',
    'fail2ban',
    'dovecot-core',
    'haproxy',
    'redis-server',
    'smartmontools',
  ],
  ...['bind9', 'isc-dhcp-client', 'exim4-config', 'php-common', 'dnsmasq', 'avahi-daemon', 'cups-daemon', 'mdadm'],
];

/** Where packages keep settings that are conffiles, and those that their scripts copy to /etc (ucf). */
const places = ['etc', 'usr/share/openssh', 'usr/share/postfix', 'usr/share/samba', 'usr/share/mdadm'];

/** Files in both releases, by path; about 30 MB are downloaded once. */
export async function debianSettings(): Promise<Setting[]> {
  const [bookworm, trixie] = await Promise.all([settingsOf('bookworm'), settingsOf('trixie')]);
  return [...bookworm].flatMap(([path, content]) => {
    const newer = trixie.get(path);
    return newer === undefined ? [] : [{ path, bookworm: content, trixie: newer }];
  });
}

async function settingsOf(suite: Suite): Promise<Map<string, string>> {
  const inputs = [...packages, ...places, copyText];
  const { path } = await cached({ name: `settings-${suite}`, inputs, make: (at) => download(suite, at) });
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const rows = files.map(({ parentPath, name }) => {
    const file = join(parentPath, name);
    return [file.slice(path.length), readFileSync(file, 'latin1')] as const;
  });
  return new Map(rows.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function download(suite: Suite, path: string): Promise<void> {
  return downloadPackages({
    suite,
    workshop: join(path, 'apt'),
    names: () => packages,
    use: (_deb, unpacked) => {
      for (const place of places) run('sh', ['-c', copyText, 'copy', join(unpacked, place), join(path, place)]);
    },
  });
}

/** Regular files of text that are no larger than settings are. */
const copyText = `
  [ -d "$1" ] || exit 0
  cd "$1"
  mkdir -p "$2"
  find . -type f -size -1000k -exec grep -lIZ . {} + | xargs -0r cp --parents --target-directory="$2"`;
