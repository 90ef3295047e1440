import { afterwards } from '../../domain/afterwards.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Reset, ResetMode } from '../../domain/reset.ts';
import type { Loss } from '../../domain/reset-states.ts';
import type { Place, VolumeClass, VolumeRecord } from '../../domain/volume.ts';
import { objectsIn } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import type { Files, Status } from '../../system/files.ts';

/** Which volumes start anew. Of `system` that is said of no reset that can be undone: its roots stay as they are. */
const lost: Readonly<Record<ResetMode, readonly VolumeClass[]>> = {
  config: ['config'],
  system: ['config', 'state'],
  total: ['system', 'config', 'state', 'data'],
};

/**
 * What a reset takes away, by volumes in the order of their names: how many bytes the files of its branches have, each file
 * once; of a volume without a branch, those of its newest tag. What cannot be read has none: it goes all the same.
 */
export function lossesOf(store: Store, { mode }: Pick<Reset, 'mode'>): readonly Loss[] {
  const volumes = [...store.state.volumes.values()].map(({ record }) => record);
  const going = volumes.filter((volume) => lost[mode].includes(volume.class));
  return going
    .flatMap((volume) => {
      const places = placesOf(store, volume);
      const bytes = places.reduce((sum, place) => sum + bytesAt(store, place), 0);
      return places.length === 0 ? [] : [{ name: volume.name, bytes }];
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function placesOf({ state }: Store, { uuid, name: volume }: VolumeRecord): Place[] {
  const objects = objectsIn(state, uuid);
  const branches = objects.filter(({ kind }) => kind === 'branch');
  const meant = branches.length > 0 ? branches : objects.slice(-1);
  return meant.map(({ kind, name }) => ({ volume, kind, name }));
}

function bytesAt({ backend, system }: Store, place: Place): number {
  try {
    return backend.withContent(place, { writable: false }, (directory) => {
      const files = system.openRoot(system.directory(directory));
      return afterwards(() => bytesBelow(files, '/', new Set()), files.close.bind(files));
    });
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return 0;
  }
}

/** Other filesystems that are mounted in it are no part of it. */
function bytesBelow(files: Files, directory: RootPath, seen: Set<string>): number {
  const mount = files.status(directory)?.mountId;
  let bytes = 0;
  for (const name of files.list(directory)) {
    const path = childOf(directory, name);
    const status = files.status(path);
    if (status === null || status.mountId !== mount) continue;
    if (status.type === 'directory') bytes += bytesBelow(files, path, seen);
    else if (status.type === 'file' && isFirstName(status, seen)) bytes += status.size;
  }
  return bytes;
}

function isFirstName({ inode: { device, number, links } }: Pick<Status, 'inode'>, seen: Set<string>): boolean {
  if (links === 1) return true;
  const identity = `${device}:${number}`;
  if (seen.has(identity)) return false;
  seen.add(identity);
  return true;
}
