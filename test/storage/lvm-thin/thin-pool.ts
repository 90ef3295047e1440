import { execFileSync } from 'node:child_process';
import type { Place } from '../../../src/domain/volume.ts';
import { placeTag } from '../../../src/storage/lvm-thin/volume-tags.ts';
import type { TestPool } from '../objects.ts';

/** The empty disk of the guest. */
const disk = '/dev/disk/by-id/virtio-pool';
const group = 'vg0';

/** Makes the volume group of all tests anew, empty. */
export function makeGroup(): void {
  execFileSync('vgremove', ['--yes', '--force', '--select', `vg_name=${group}`], { stdio: 'pipe' });
  execFileSync('vgcreate', ['--yes', group, disk], { stdio: 'pipe' });
}

/** Makes a thin pool; sizes as lvcreate(8) writes them. */
export function makePool(
  name: string,
  { size, metadata }: { readonly size: string; readonly metadata: string },
): TestPool {
  const sizes = ['--size', size, '--poolmetadatasize', metadata];
  lvm('lvcreate', ['--yes', '--type', 'thin-pool', ...sizes, '--name', name, group]);
  const pool = `${group}/${name}`;
  // Else writes wait for a minute, in case somebody makes it larger.
  lvm('lvchange', ['--errorwhenfull', 'y', pool]);
  const volumes = (selection: string): string[] =>
    lvm('lvs', ['--noheadings', '--options', 'lv_name', '--select', `pool_lv=${name} && ${selection}`, group])
      .split('\n')
      .flatMap((line) => line.trim() || []);
  const remove = (names: readonly string[]): void => {
    if (names.length > 0) lvm('lvremove', ['--yes', ...names.map((one) => `${group}/${one}`)]);
  };
  return {
    name: pool,
    natives: () => volumes('lv_name!=""'),
    removeNative: (place: Place) => remove(volumes(`lv_tags=${placeTag(place)}`)),
    clear: () => remove(volumes('lv_name!=""')),
    free: () => bytesFree(pool),
  };
}

/** Of what holds data. */
function bytesFree(pool: string): number {
  const options = ['--noheadings', '--units', 'b', '--nosuffix', '--options', 'lv_size,data_percent', pool];
  const [size = Number.NaN, percent = Number.NaN] = lvm('lvs', options).trim().split(/\s+/).map(Number);
  return size * (1 - percent / 100);
}

export function lvm(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
