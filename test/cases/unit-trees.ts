import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { file, type Node, symlink, type Tree } from './trees.ts';

/** An id that a machine got at its first boot. */
export const machineId = '0123456789abcdef0123456789abcdef\n';

/** Where an image ships units, as its own links name it: systemd 252 of Debian 12 says `/lib`. */
export const shipped = '/usr/lib/systemd/system';

/** A service with these lines in its [Install] section. */
export function service(...install: readonly string[]): Node {
  const section = install.length === 0 ? [] : ['[Install]', ...install];
  return file(['[Service]', 'ExecStart=/bin/true', ...section, ''].join('\n'));
}

/** A unit that says nothing by itself, such as a target. */
export function plainUnit(...install: readonly string[]): Node {
  const section = install.length === 0 ? [] : ['[Install]', ...install];
  return file(['[Unit]', 'Description=x', ...section, ''].join('\n'));
}

/** What every image of these tests has, and its own paths; names without a slash are units that it ships. */
export function image(own: Tree, id: string | null = ''): Tree {
  const units = Object.entries(own).map(([name, node]) => [name.startsWith('/') ? name : `${shipped}/${name}`, node]);
  return {
    '/lib': symlink('usr/lib'),
    ...(id === null ? {} : { '/etc/machine-id': file(id) }),
    [`${shipped}/multi-user.target`]: plainUnit(),
    [`${shipped}/graphical.target`]: plainUnit(),
    [`${shipped}/sockets.target`]: plainUnit(),
    [`${shipped}/default.target`]: symlink('graphical.target'),
    ...Object.fromEntries(units),
  };
}

/** Runs systemctl on a tree; fails if systemctl does. */
export function systemctl(root: string, ...args: readonly string[]): string {
  return execFileSync('systemctl', [`--root=${root}`, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What systemctl says of the unit's state: `enabled`, `disabled`, `masked`, `alias`, …, or nothing where there is none. */
export function stateOf(root: string, unit: string, ...args: readonly string[]): string {
  const { stdout, error } = spawnSync('systemctl', [`--root=${root}`, ...args, 'is-enabled', unit], {
    encoding: 'utf8',
  });
  assert.ifError(error);
  return stdout.trim();
}

/** Whether systemd reads, for this unit, the drop-ins with the key that these tests made up. */
export function readsDropIn(root: string, unit: string): boolean {
  const { stderr, error } = spawnSync('systemd-analyze', [`--root=${root}`, '--man=no', 'verify', unit], {
    encoding: 'utf8',
  });
  assert.ifError(error);
  return stderr.includes("Unknown key 'UnheardOf'");
}

/** The links below /etc that lead nowhere in this tree, where a target from the root is one of the tree's. */
export function danglingLinks(root: string): string[] {
  const found = execFileSync('find', [join(root, 'etc'), '-type', 'l'], { encoding: 'utf8' });
  const links = found.split('\n').filter((line) => line !== '');
  return links.filter((link) => !leadsSomewhere(root, link)).map((link) => link.slice(root.length));
}

function leadsSomewhere(root: string, path: string, depth = 0): boolean {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined || depth > 8) return false;
  if (!entry.isSymbolicLink()) return true;
  const target = readlinkSync(path);
  if (target === '/dev/null') return true;
  return leadsSomewhere(root, target.startsWith('/') ? join(root, target) : join(dirname(path), target), depth + 1);
}
