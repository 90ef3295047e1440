import { textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { MountedFilesystem } from '../../domain/mountinfo.ts';
import { isUnfinishedName } from '../../domain/unfinished-root.ts';
import type { Place } from '../../domain/volume.ts';
import type { Commands } from '../../system/commands.ts';
import { type PoolOfStore, volumeOnDevice } from './thin-pool.ts';
import { placeTag, storeTag } from './volume-tags.ts';

/**
 * Makes the thin volume that a root is mounted from a branch by two LVM tags. It keeps its name, and is active as before
 * wherever it was, so that what started it goes on doing so.
 */
export function takeOverVolume(
  commands: Commands,
  of: PoolOfStore,
  { root, place }: { readonly root: MountedFilesystem; readonly place: Place },
): void {
  const volume = volumeOnDevice(commands, of, root.device);
  if (volume === null) throw refused(root, `it is no thin volume in the pool ${of.group}/${of.pool}`);
  if (root.filesystem !== 'ext4') throw refused(root, `its filesystem is ${root.filesystem}, not ext4`);
  if (isUnfinishedName(volume.name)) throw refused(root, 'its name is that of a root that a boot is making');
  const tags = [storeTag(of.store), placeTag(place)].filter((tag) => !volume.tags.includes(tag));
  if (tags.length === 0) return;
  const foreign = volume.tags.find((tag) => tag.startsWith('migrate.'));
  if (foreign !== undefined) throw refused(root, `it has the tag ${foreign} already`);
  commands.run('lvchange', [...tags.flatMap((tag) => ['--addtag', tag]), `${of.group}/${volume.name}`]);
}

function refused({ source }: MountedFilesystem, why: string): Failure {
  return new Failure({
    code: 'cannot-take-over',
    kind: 'input',
    message: `Cannot put ${textOrBytes(source)} into the store: ${why}`,
    advice: 'The root must be an ext4 filesystem on a thin volume of the pool that --pool names',
  });
}
