import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Etc } from './machine.ts';

const files = ['passwd', 'shadow', 'group', 'gshadow'] as const;

/**
 * The accounts of a Debian image, as mmdebstrap made it of the release with cron, chrony, dbus, udev, openssh-server and
 * postfix.
 */
export function imageOf(release: 'bookworm' | 'trixie'): Record<string, string> {
  const folder = join(import.meta.dirname, 'debian', release);
  return readEtc(folder);
}

/** The accounts of that image after shadow-utils added a person to them, as on a machine. */
export function withPerson(image: Etc, directory: string): Record<string, string> {
  const etc = join(directory, 'etc');
  mkdirSync(etc, { recursive: true });
  for (const [name, content] of Object.entries(image)) writeFileSync(join(etc, name), content ?? '', 'latin1');
  for (const name of ['subuid', 'subgid']) writeFileSync(join(etc, name), '');
  const run = (program: string, ...rest: string[]) => execFileSync(program, ['--prefix', directory, ...rest, 'alice']);
  run('useradd', '--no-create-home', '--user-group', '--groups', 'video,crontab', '--shell', '/bin/bash');
  run('usermod', '--password', '$y$j9T$secret');
  return readEtc(etc);
}

/** What pwck(8) and grpck(8) say of these files as those of a machine; empty where nothing is wrong. */
export function complaints(etc: Etc, directory: string): string {
  mkdirSync(directory, { recursive: true });
  for (const name of files) writeFileSync(join(directory, name), etc[name] ?? '', 'latin1');
  // grpck looks members up as every program does, so the files have to stand in /etc: in a mount namespace of its own.
  // Quiet: homes and shells are not looked for on the machine that tests.
  const script = `for name in ${files.join(' ')}; do mount --bind "$0/$name" "/etc/$name" || exit 9; done
    pwck --quiet --read-only; grpck --read-only; true`;
  const command = ['--mount', 'sh', '-c', script, directory];
  const { stdout, stderr, status } = spawnSync('unshare', command, { encoding: 'latin1' });
  if (status !== 0) throw new Error(`pwck and grpck did not run: ${stderr}`);
  return stdout + stderr;
}

function readEtc(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
}
