import { execFileSync } from 'node:child_process';
import type { Place } from '../../../src/domain/volume.ts';
import { markProperty } from '../../../src/storage/zfs/datasets.ts';
import type { TestPool } from '../objects.ts';

/** The empty disk of the guest. */
const disk = '/dev/disk/by-id/virtio-pool';
const pool = 'tank';

/** Makes the pool of all tests, or empties it. */
export function makePool(): void {
  if (!zfs('zpool', ['list', '-H', '-o', 'name']).split('\n').includes(pool)) {
    // What is written is to take room, and what is not is to be a hole; the pool is nobody's but the tests'.
    const options = ['compression=off', 'recordsize=4K', 'mountpoint=none'].flatMap((one) => ['-O', one]);
    zfs('zpool', ['create', '-f', '-o', 'ashift=12', ...options, pool, disk]);
  }
  const stores = zfs('zfs', ['list', '-H', '-r', '-d', '1', '-o', 'name', pool]).split('\n');
  for (const name of stores) if (name.startsWith(`${pool}/`)) zfs('zfs', ['destroy', '-R', name]);
}

/** The dataset of a store; further options as zfs-create(8) takes them. */
export function makeDataset(name = 'tank/store', options: readonly string[] = [], input = ''): TestPool {
  const make = (): string => zfs('zfs', ['create', ...options, '-o', 'mountpoint=none', name], input);
  make();
  return {
    name,
    natives: () => nativesIn(name),
    removeNative: (place) => removeNative(name, place),
    clear: () => {
      zfs('zfs', ['destroy', '-R', name]);
      make();
    },
    free: () => Number(zfs('zfs', ['get', '-H', '-p', '-o', 'value', 'available', pool])),
  };
}

/** The same for one test: it is gone when that has ended. */
export function makeDatasetOnce(name: string, options: readonly string[] = [], input = ''): TestPool {
  return { ...makeDataset(name, options, input), clear: () => void zfs('zfs', ['destroy', '-R', name]) };
}

/** All below a dataset. */
export function nativesIn(name: string): string[] {
  const all = zfs('zfs', ['list', '-H', '-r', '-t', 'filesystem,volume,snapshot', '-o', 'name', name]).split('\n');
  return all.filter((one) => one !== '' && one !== name);
}

/** What zfs calls an object; null where it has none. */
export function nativeOf(name: string, { volume, kind, name: object }: Place): string | null {
  const ending = `:${volume}/${kind}/${object}`;
  return nativesIn(name).find((one) => propertyOf(one, markProperty).endsWith(ending)) ?? null;
}

export function propertyOf(name: string, property: string): string {
  return zfs('zfs', ['get', '-H', '-p', '-o', 'value', property, name]).trim();
}

/** A branch with tags can be destroyed only where a clone has been promoted, which takes the tags over. */
function removeNative(name: string, place: Place): void {
  const native = nativeOf(name, place) ?? '';
  const snapshot = nativesIn(name).find((one) => one.startsWith(`${native}@`));
  if (snapshot !== undefined) {
    zfs('zfs', ['clone', '-o', 'canmount=off', snapshot, `${name}/foreign`]);
    zfs('zfs', ['promote', `${name}/foreign`]);
  }
  zfs('zfs', ['destroy', native]);
}

export function zfs(command: string, args: readonly string[], input = ''): string {
  return execFileSync(command, args, { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'pipe'] });
}
