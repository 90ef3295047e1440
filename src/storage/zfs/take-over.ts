import { textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { MountedFilesystem } from '../../domain/mountinfo.ts';
import { isUnfinishedName } from '../../domain/unfinished-root.ts';
import type { Place } from '../../domain/volume.ts';
import { objectPath } from '../object-places.ts';
import { datasetsIn, ownMark } from './datasets.ts';
import { markDataset, type Pool } from './make-object.ts';
import { ensureStoreId } from './store-id.ts';

/**
 * Makes the dataset that a root is mounted from a branch by a property of it. It keeps its name and its place, so that what
 * started it goes on doing so.
 */
export function takeOverDataset(
  pool: Pool,
  { root, place }: { readonly root: MountedFilesystem; readonly place: Place },
): void {
  const { commands, newUuid } = pool.system;
  if (root.filesystem !== 'zfs') throw refused(root, `its filesystem is ${root.filesystem}, not zfs`);
  const name = textOrBytes(root.source);
  const found = datasetsIn(commands, pool.name, ensureStoreId(pool.files, newUuid)).find((one) => one.name === name);
  if (found === undefined || found.name === pool.name) throw refused(root, `it does not lie below ${pool.name}`);
  if (isUnfinishedName(name)) throw refused(root, 'its name is that of a root that a boot is making', 'Rename it');
  const known = found.mark?.place ?? null;
  if (known !== null && objectPath(known) === objectPath(place)) return;
  const mark = ownMark(commands, name);
  if (mark !== null) throw refused(root, `it is ${mark} of a store already`);
  const [canmount, encryption] = ['canmount', 'encryption'].map((property) => {
    return commands.run('zfs', ['get', '-H', '-o', 'value', property, name]).stdout;
  });
  if (canmount === 'on') {
    const why = 'it is mounted by itself, also where another version runs (canmount=on)';
    throw refused(root, why, `Have only the initramfs mount it: zfs set canmount=noauto ${name}`);
  }
  // An initramfs loads the key of what root= names alone, which is not there yet where a version is to be made.
  if (encryption !== 'off') throw refused(root, `it is encrypted (encryption=${encryption})`);
  markDataset(pool, name, place);
}

function refused(
  { source }: MountedFilesystem,
  why: string,
  advice = 'The root must be a dataset of ZFS below the one that --pool names, such as tank/ROOT',
): Failure {
  return new Failure({
    code: 'cannot-take-over',
    kind: 'input',
    message: `Cannot put ${textOrBytes(source)} into the store: ${why}`,
    advice,
  });
}
