import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mirrorOf, privateOptions, runningSuite, writeSources } from '../../../qemu/backports.ts';
import { cached } from '../../../qemu/cache.ts';

/** A settings file as two releases of Debian deliver it. */
export type Setting = { readonly path: string; readonly bookworm: string; readonly trixie: string };

type Suite = 'bookworm' | 'trixie';

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

async function download(suite: Suite, path: string): Promise<void> {
  const apt = join(path, 'apt');
  mkdirSync(apt, { recursive: true });
  await writeSources(apt, await mirrorOf(await runningSuite()), [suite]);
  const options = privateOptions(apt);
  run('apt-get', [...options, 'update']);
  run('apt-get', [...options, 'download', ...packages], apt);
  for (const deb of readdirSync(apt).filter((name) => name.endsWith('.deb'))) {
    const unpacked = join(apt, 'unpacked');
    run('dpkg-deb', ['--extract', join(apt, deb), unpacked]);
    for (const place of places) run('sh', ['-c', copyText, 'copy', join(unpacked, place), join(path, place)]);
    rmSync(unpacked, { recursive: true });
  }
  rmSync(apt, { recursive: true });
}

/** Regular files of text that are no larger than settings are. */
const copyText = `
  [ -d "$1" ] || exit 0
  cd "$1"
  mkdir -p "$2"
  find . -type f -size -1000k -exec grep -lIZ . {} + | xargs -0r cp --parents --target-directory="$2"`;

function run(program: string, args: readonly string[], cwd?: string): string {
  return execFileSync(program, args, { encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'], ...(cwd && { cwd }) });
}
