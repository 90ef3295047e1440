import { isUnfinishedName, unfinishedName } from '../../domain/unfinished-root.ts';
import type { Place } from '../../domain/volume.ts';
import type { Commands } from '../../system/commands.ts';
import { objectPath } from '../object-places.ts';

/** A filesystem, snapshot or bookmark below the store's dataset, as far as it matters here. */
export type Dataset = {
  /** `tank/store/data.main-1f2e`; of a snapshot, `tank/store/data.main-1f2e@one-9a8b`; of a bookmark, with `#`. */
  readonly name: string;
  readonly isSnapshot: boolean;
  /** What it is told by in streams; a snapshot that is received keeps it. */
  readonly guid: string;
  /** Of a filesystem that is a clone: the snapshot that it rests on. */
  readonly origin: string | null;
  /** In which transaction group it was made, which tells the order of snapshots; of a bookmark, its snapshot was. */
  readonly transaction: number;
  /** A snapshot that goes by itself with the last clone that rests on it. */
  readonly isDeferred: boolean;
  /** Where it is encrypted and its key is not loaded: the dataset whose key it is. */
  readonly lockedBy: string | null;
  /** How many have put a hold on the snapshot (zfs-hold(8)). */
  readonly holds: number;
  /**
   * Null where it was not made for this store; `place` is null where it is there only as others rest on it, or as it is
   * being received to hold the tag of that place.
   */
  readonly mark: { readonly place: Place | null; readonly receiving?: Place } | null;
};

/**
 * Says which object a dataset is: the store's id, then the place. A property counts where it was set on the dataset
 * itself: those below and snapshots inherit it, and streams bring some along (case 124).
 */
export const markProperty = 'org.migrate:object';

const properties = [
  'type',
  'guid',
  'origin',
  'createtxg',
  'defer_destroy',
  'keystatus',
  'encryptionroot',
  'userrefs',
  markProperty,
];

/** Everything at and below a dataset, in the order in which zfs lists it. Throws Failure `command`. */
export function datasetsIn({ run }: Commands, pool: string, storeId: string | null): Dataset[] {
  const types = 'filesystem,volume,snapshot,bookmark';
  const columns = ['-o', 'name,property,value,source'];
  const { stdout } = run('zfs', ['get', '-H', '-p', '-r', '-t', types, ...columns, properties.join(','), pool]);
  const found = new Map<string, Map<string, Value>>();
  for (const line of stdout.split('\n').filter((one) => one !== '')) {
    const [name = '', property = '', value = '', source = ''] = line.split('\t');
    const values = found.get(name) ?? new Map<string, Value>();
    found.set(name, values.set(property, { value, isLocal: source === 'local' }));
  }
  return [...found].map(([name, values]) => datasetOf(name, values, storeId));
}

type Value = { readonly value: string; readonly isLocal: boolean };

function datasetOf(name: string, values: ReadonlyMap<string, Value>, storeId: string | null): Dataset {
  const read = (property: string): string | null => {
    const value = values.get(property)?.value ?? '-';
    return value === '-' ? null : value;
  };
  const mark = values.get(markProperty);
  return {
    name,
    isSnapshot: read('type') === 'snapshot',
    guid: read('guid') ?? '',
    origin: read('origin'),
    transaction: Number(read('createtxg')),
    isDeferred: read('defer_destroy') === 'on',
    lockedBy: read('keystatus') === 'unavailable' ? read('encryptionroot') : null,
    holds: Number(read('userrefs')),
    mark: mark?.isLocal === true && storeId !== null ? markAsNamed(name, readMark(mark.value, storeId)) : null,
  };
}

/** The property says of a root from the start what it is to be; until it is whole its name tells. */
function markAsNamed(name: string, mark: Dataset['mark']): Dataset['mark'] {
  if (mark === null || mark.place === null || !isUnfinishedName(name)) return mark;
  return { place: { ...mark.place, name: unfinishedName(mark.place.name) } };
}

/** What marks a dataset itself as an object of a store, whichever that is; null where nothing does. Throws Failure `command`. */
export function ownMark({ run }: Commands, name: string): string | null {
  const { stdout } = run('zfs', ['get', '-H', '-p', '-o', 'value,source', markProperty, name]);
  const [value = '', source] = stdout.split('\t');
  return source === 'local' ? value : null;
}

/** The value of the property for an object, or for what is there only as others rest on it. */
export function markOf(storeId: string, place: Place | null): string {
  return place === null ? `${storeId}:` : `${storeId}:${place.volume}/${place.kind}/${place.name}`;
}

/** The same for what is being received to hold the tag of a place. */
export function receivingMarkOf(storeId: string, place: Place): string {
  return `${markOf(storeId, place)}/receiving`;
}

function readMark(value: string, storeId: string): Dataset['mark'] {
  if (!value.startsWith(`${storeId}:`)) return null;
  const [volume, kind, name, ending, ...more] = value.slice(storeId.length + 1).split('/');
  if (volume === '' && kind === undefined) return { place: null };
  if (volume === undefined || name === undefined || more.length > 0) return null;
  if (kind !== 'branch' && kind !== 'tag') return null;
  const place: Place = { volume, kind, name };
  if (ending === undefined) return { place };
  return ending === 'receiving' ? { place: null, receiving: place } : null;
}

/** The places of all that are objects. */
export function placesOf(all: readonly Dataset[]): Place[] {
  return all.flatMap(({ mark }) => mark?.place ?? []);
}

/** The dataset of an object; null where it has none. */
export function datasetAt(all: readonly Dataset[], place: Place): Dataset | null {
  return all.find(({ mark }) => mark?.place != null && objectPath(mark.place) === objectPath(place)) ?? null;
}

/** The one snapshot of a filesystem that was received. */
export function receivedSnapshot(filesystem: string): string {
  return `${filesystem}@${filesystem.slice(filesystem.lastIndexOf('/') + 1)}`;
}

/** The filesystem that a snapshot is of; of a filesystem itself. */
export function filesystemOf(name: string): string {
  return name.split('@')[0] ?? name;
}

/**
 * A name that tells people what it is, and that no other has: by its end, which is random, or told by store and place. Names of the store may be longer than
 * ZFS takes, and have a `+`, which it does not.
 */
export function nameFor({ volume, name }: Place, end: string): string {
  const plain = (text: string): string => text.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 24);
  return `${plain(volume)}.${plain(name)}-${end.slice(0, 12)}`;
}
