import { Failure } from '../../domain/failure.ts';
import { jsonOrNull } from '../../domain/json.ts';
import { isUnfinishedName, unfinishedName } from '../../domain/unfinished-root.ts';
import type { Place } from '../../domain/volume.ts';
import type { CommandOutput, Commands } from '../../system/commands.ts';
import { poolFailure } from '../pool.ts';
import { placeOfTag, storeTag } from './volume-tags.ts';

/** A thin pool by its names, and the store whose volumes in it are meant. */
export type PoolOfStore = { readonly group: string; readonly pool: string; readonly store: string };

/** A thin volume of the store. */
export type ThinVolume = {
  readonly place: Place;
  readonly name: string;
  /** `major:minor` of its device; null where it has none, since it is not active. */
  readonly device: string | null;
  /** Whether anything has the device open, a mount too. */
  readonly isOpen: boolean;
  readonly isWritable: boolean;
  /** A volume outside the pool that would go with this one, as its snapshot; null where there is none. */
  readonly neededBy: string | null;
};

/** What LVM says of a pool. */
export type PoolState = {
  readonly volumes: readonly ThinVolume[];
  /** Bytes. */
  readonly size: number;
  /** How much of each is taken, in percent; null where the pool is not active. */
  readonly dataPercent: number | null;
  readonly metadataPercent: number | null;
};

type Row = Readonly<Record<string, string>>;

const fields = [
  ...['lv_name', 'pool_lv', 'origin', 'segtype', 'lv_tags', 'lv_kernel_major', 'lv_kernel_minor', 'lv_device_open'],
  ...['lv_permissions', 'lv_size', 'data_percent', 'metadata_percent', 'zero'],
];

/** lvm(8): names of groups and volumes. */
const poolForm = /^([A-Za-z0-9+_.][A-Za-z0-9+_.-]*)\/([A-Za-z0-9+_.][A-Za-z0-9+_.-]*)$/;

/** The names in `VG/POOL`. Throws Failure `pool`. */
export function parsePool(text: string): Pick<PoolOfStore, 'group' | 'pool'> {
  const [, group, pool] = poolForm.exec(text) ?? [];
  if (group === undefined || pool === undefined) throw poolFailure(`"${text}" is not of the form VG/POOL`, advice);
  return { group, pool };
}

const advice = 'See the thin pools there are with lvs -o vg_name,lv_name,segtype';

/**
 * Looks at the pool. Throws Failure `pool` where it is not there, or does not clear what it hands out: what another volume
 * left would be seen in a new one.
 */
export function readPool(commands: Commands, of: PoolOfStore): PoolState {
  const rows = rowsOf(commands, of.group);
  const pool = rows.find((row) => row['lv_name'] === of.pool);
  if (pool?.['segtype'] !== 'thin-pool') throw poolFailure(`${of.group} has no thin pool "${of.pool}"`, advice);
  if (pool['zero'] !== '1') {
    const turnOn = `Have it clear them: lvchange --zero y ${of.group}/${of.pool}`;
    throw poolFailure(`${of.group}/${of.pool} hands out blocks that are not cleared`, turnOn);
  }
  return {
    volumes: rows.filter((row) => row['pool_lv'] === of.pool).flatMap((row) => volumeOf(row, of.store, rows) ?? []),
    size: Number(pool['lv_size']),
    dataPercent: percentOf(pool['data_percent']),
    metadataPercent: percentOf(pool['metadata_percent']),
  };
}

/** The volume of the pool that a device is, whoever made it, with its LVM tags; null where the device is none. */
export function volumeOnDevice(
  commands: Commands,
  { group, pool }: PoolOfStore,
  device: string,
): { readonly name: string; readonly tags: readonly string[] } | null {
  const row = rowsOf(commands, group).find((one) => one['pool_lv'] === pool && deviceOf(one) === device);
  return row === undefined ? null : { name: row['lv_name'] ?? '', tags: tagsOf(row) };
}

function rowsOf(commands: Commands, group: string): readonly Row[] {
  const form = ['--reportformat', 'json', '--units', 'b', '--nosuffix', '--binary'];
  const { stdout } = runLvs(commands, [...form, '--options', fields.join(',')], group);
  const report = jsonOrNull(stdout) as Report | null;
  const rows = report?.report[0]?.lv;
  if (rows === undefined) throw new TypeError('lvs --reportformat json printed no report');
  return rows;
}

/** lvmreport(7). */
type Report = { readonly report: readonly { readonly lv: readonly Row[] }[] };

function runLvs(commands: Commands, args: readonly string[], group: string): CommandOutput {
  try {
    return commands.run('lvs', [...args, group]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw poolFailure(whyNot(commands, group) ?? error.message, advice);
  }
}

/** Where it prints a document, lvs keeps its reasons to itself. */
function whyNot(commands: Commands, group: string): string | null {
  try {
    commands.run('vgs', [group]);
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.message;
  }
}

/** Of the store where it has its tag; all others are somebody else's. */
function volumeOf(row: Row, store: string, all: readonly Row[]): ThinVolume | null {
  const tags = tagsOf(row);
  const place = tags.includes(storeTag(store)) ? tags.flatMap((tag) => placeOfTag(tag) ?? [])[0] : undefined;
  if (place === undefined) return null;
  const name = row['lv_name'] ?? '';
  return {
    // The tags say from the start what it is to be.
    place: isUnfinishedName(name) ? { ...place, name: unfinishedName(place.name) } : place,
    name,
    device: deviceOf(row),
    isOpen: row['lv_device_open'] === '1',
    // Of one that is not active and may be written to lvs says "unknown".
    isWritable: row['lv_permissions'] !== 'read-only',
    neededBy: neededBy(row, all),
  };
}

function tagsOf(row: Row): string[] {
  return (row['lv_tags'] ?? '').split(',').filter((tag) => tag !== '');
}

function deviceOf(row: Row): string | null {
  const [major, minor] = [Number(row['lv_kernel_major']), Number(row['lv_kernel_minor'])];
  return major < 0 ? null : `${major}:${minor}`;
}

/** lvmthin(7): thin snapshots in the pool stay whole without their origin; others, and those of an external origin, do not. */
function neededBy({ lv_name: name, pool_lv: pool }: Row, all: readonly Row[]): string | null {
  return all.find((other) => other['origin'] === name && other['pool_lv'] !== pool)?.['lv_name'] ?? null;
}

/** Empty where it cannot be told. */
function percentOf(text: string | undefined): number | null {
  const percent = Number(text);
  return text === '' || text === undefined || percent < 0 ? null : percent;
}
