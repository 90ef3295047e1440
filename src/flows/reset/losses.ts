import { afterwards } from '../../domain/afterwards.ts';
import { errorCode, Failure, SystemCallError } from '../../domain/failure.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Reset, ResetMode } from '../../domain/reset.ts';
import type { Loss } from '../../domain/reset-states.ts';
import type { Place, VolumeClass, VolumeRecord } from '../../domain/volume.ts';
import { objectsIn } from '../../store/ledger-state.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
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
 * once; of a volume without a branch, those of its newest tag. Files that are gone by then have none; what cannot be read goes all
 * the same, and the bytes are the least that there are.
 */
export function lossesOf(place: StorePlace, { mode }: Pick<Reset, 'mode'>): readonly Loss[] {
  return readStore(place, (store) => lossesIn(store, lost[mode]));
}

function lossesIn(store: Store, classes: readonly VolumeClass[]): readonly Loss[] {
  const volumes = [...store.state.volumes.values()].map(({ record }) => record);
  const going = volumes.filter((volume) => classes.includes(volume.class));
  return going
    .flatMap((volume) => {
      const places = placesOf(store, volume);
      if (places.length === 0) return [];
      const count: Count = { bytes: 0, isWhole: true };
      for (const place of places) countAt(store, place, count);
      return [{ name: volume.name, bytes: count.bytes, ...(count.isWhole ? {} : { isLeast: true as const }) }];
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function placesOf({ state }: Store, { uuid, name: volume }: VolumeRecord): Place[] {
  const objects = objectsIn(state, uuid);
  const branches = objects.filter(({ kind }) => kind === 'branch');
  const meant = branches.length > 0 ? branches : objects.slice(-1);
  return meant.map(({ kind, name }) => ({ volume, kind, name }));
}

type Count = { bytes: number; isWhole: boolean };

function countAt({ backend, system }: Store, place: Place, count: Count): void {
  asFarAsReadable(count, () =>
    backend.withContent(place, { writable: false }, (directory) => {
      const files = system.openRoot(system.directory(directory));
      const seen = new Set<string>();
      afterwards(() => countBelow(files, '/', { count, seen }), files.close.bind(files));
    }),
  );
}

function asFarAsReadable(count: Count, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    // Who uses the machine removes files meanwhile.
    if (errorCode(error) !== 'ENOENT') count.isWhole = false;
  }
}

/** Other filesystems that are mounted in it are no part of it. */
function countBelow(files: Files, directory: RootPath, counting: Counting): void {
  const { count, seen } = counting;
  asFarAsReadable(count, () => {
    const mount = files.status(directory)?.mountId;
    for (const name of files.list(directory)) {
      const path = childOf(directory, name);
      asFarAsReadable(count, () => {
        const status = files.status(path);
        if (status === null || status.mountId !== mount) return;
        if (status.type === 'directory') countBelow(files, path, counting);
        else if (status.type === 'file' && isFirstName(status, seen)) count.bytes += status.size;
      });
    }
  });
}

type Counting = { readonly count: Count; readonly seen: Set<string> };

function isFirstName({ inode: { device, number, links } }: Pick<Status, 'inode'>, seen: Set<string>): boolean {
  if (links === 1) return true;
  const identity = `${device}:${number}`;
  if (seen.has(identity)) return false;
  seen.add(identity);
  return true;
}
