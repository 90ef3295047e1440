import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { debianImage, type Suite } from '../../qemu/images.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

/** How a start of the system ended, and what the program was called for, with the last line of what its checks said. */
export type Start = { readonly ended: 'off' | 'again'; readonly calls: readonly string[]; readonly console: string };

/** Files of the machine by their paths, and units by their names that others want or require: `wants`, `requires`. */
export type Machine = {
  readonly files?: Readonly<Record<string, string>>;
  /** Pairs such as `multi-user.target.wants` and `hang.service`. */
  readonly links?: readonly (readonly [directory: string, unit: string])[];
  readonly words: readonly string[];
  /** Units that are masked else. */
  readonly runs?: readonly string[];
  /** Whether the program is there; it is where nothing else is said. */
  readonly hasProgram?: boolean;
};

/** In place of the program: it runs the shipped check, and the machine goes off where the version would be good. */
const standIn = `#!/bin/sh
case $1 in mark-good | check) ;; *) exit 0 ;; esac
echo "$1 $2" >> /calls
[ ! -e /hang ] || exec sleep 1000
/usr/lib/migrate/check.d/required.d/10-boot > /said 2>&1 || { tail -n 1 /said >> /calls; exit 4; }
[ "$1" != mark-good ] || systemctl --no-block poweroff
`;

/** Takes long, and is not what is tested. */
const masked = ['ldconfig.service', 'systemd-hwdb-update.service', 'ssh.service', 'apt-daily.timer', 'fstrim.timer'];

/** What nspawn ends with where the system was to start again, and it is not the one to do it. */
const restart = 133;

const install = new URL('../../initramfs/install-into', import.meta.url).pathname;

/** Starts the systemd of a Debian with what an image gets from this project, in a container of its own. */
export async function startInContainer(suite: Suite, machine: Machine): Promise<Start> {
  const { root } = await debianImage(suite);
  const starts: Start[] = [];
  await withFilesystem('tmpfs', (scratch) => {
    for (const name of ['changed', 'work', 'root']) mkdirSync(join(scratch, name));
    const layers = `lowerdir=${root},upperdir=${scratch}/changed,workdir=${scratch}/work`;
    execFileSync('mount', ['-t', 'overlay', '-o', layers, 'overlay', join(scratch, 'root')]);
    try {
      prepare(join(scratch, 'root'), machine);
      starts.push(start(join(scratch, 'root'), machine.words));
    } finally {
      execFileSync('umount', [join(scratch, 'root')]);
    }
  });
  const [only] = starts;
  if (only === undefined) throw new TypeError('The container was not started');
  return only;
}

function prepare(root: string, { files = {}, links = [], words, runs = [], hasProgram = true }: Machine): void {
  execFileSync(install, [root]);
  if (hasProgram) writeFileSync(join(root, 'usr/bin/migrate'), standIn, { mode: 0o755 });
  writeFileSync(join(root, 'etc/machine-id'), '0123456789abcdef0123456789abcdef\n');
  const units = join(root, 'etc/systemd/system');
  for (const unit of masked.filter((name) => !runs.includes(name))) symlinkSync('/dev/null', join(units, unit));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const [directory, unit] of links) {
    mkdirSync(join(units, directory), { recursive: true });
    symlinkSync(`../${unit}`, join(units, directory, unit));
  }
  // A container has the kernel command line of the machine it runs on; systemd takes its arguments for one, a script cannot.
  writeFileSync(join(root, 'etc/words'), `${words.join(' ')}\n`);
  for (const name of ['systemd/system-generators/migrate-trial', 'migrate/check.d/required.d/10-boot']) {
    const script = join(root, 'usr/lib', name);
    writeFileSync(script, readFileSync(script, 'utf8').replace('/proc/cmdline', '/etc/words'));
  }
}

function start(root: string, words: readonly string[]): Start {
  const args = [
    ...['--register=no', '--keep-unit', '--boot', '--console=pipe', `--directory=${root}`],
    `--machine=${basename(dirname(root)).replace(/[^A-Za-z0-9]/g, '')}`,
    // Debian 13's systemd runs on the cgroups of an older host only where it is told to.
    ...['systemd.unified_cgroup_hierarchy=0', 'SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1', ...words],
  ];
  const { status, stdout, stderr } = spawnSync('systemd-nspawn', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
  });
  const console = `${stdout}${stderr}`;
  if (status !== 0 && status !== restart) throw new Error(`the container ended with ${status}: ${console}`);
  const calls = join(root, 'calls');
  return {
    ended: status === 0 ? 'off' : 'again',
    calls: existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [],
    console,
  };
}
