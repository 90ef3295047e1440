import { Failure } from '../domain/failure.ts';
import type { MountSource } from '../domain/mount-source.ts';
import { commands } from './run-command.ts';

/**
 * Whether a filesystem or snapshot of ZFS is there, in a pool that is imported. Throws Failure `command` with ZFS's own words
 * where it cannot tell, as of a pool that is suspended: what may hold something is not taken for empty.
 */
export function hasDataset(name: string): boolean {
  if (!commands.has('zfs')) return false;
  try {
    commands.run('zfs', ['list', '-H', '-t', 'filesystem,snapshot', '-o', 'name', name]);
    return true;
  } catch (error) {
    if (error instanceof Failure && error.message.endsWith(`cannot open '${name}': dataset does not exist`))
      return false;
    throw error;
  }
}

/**
 * What mounts it. mount.zfs(8) mounts by itself what has `mountpoint=legacy`, as all snapshots do, and what has a place of
 * its own only for `zfs mount`, which says `zfsutil`. Throws Failure `command` where it is not there.
 */
export function datasetSource(name: string): MountSource {
  const isLegacy = name.includes('@') || mountPointOf(name) === 'legacy';
  return { what: name, type: 'zfs', options: isLegacy ? [] : ['zfsutil'] };
}

function mountPointOf(name: string): string {
  return commands.run('zfs', ['get', '-H', '-o', 'value', 'mountpoint', name]).stdout;
}
