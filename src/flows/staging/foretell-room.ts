import { displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { isBelow, type RootPath } from '../../domain/path.ts';
import { bytesOf, type Plan } from '../../domain/plan.ts';
import type { Room } from '../../storage/backend.ts';
import type { Store } from '../../store/store.ts';
import { noSize, type Size } from './measure-filling.ts';

/** What a new branch is to hold, and for which volume. */
export type Filled = { readonly volume: string; readonly path: RootPath; readonly size: Size };

/** What a migration brings to a place of the new root and below it. */
export function sizeCarried({ actions }: Pick<Plan, 'actions'>, at: RootPath): Size {
  return actions
    .filter(({ kind, path }) => kind !== 'remove' && kind !== 'attributes' && (path === at || isBelow(path, at)))
    .map((action) => ({ bytes: action.kind === 'file' ? bytesOf(action.content) : 0, entries: 1 }))
    .reduce(sum, noSize);
}

export function sum(a: Size, b: Size): Size {
  return { bytes: a.bytes + b.bytes, entries: a.entries + b.entries };
}

/**
 * Throws Failure `no-space` where there is less room than the boot needs for the new root and the first content of volumes.
 * What is carried counts as the boot counts it: extents that could be shared too.
 */
export function requireRoom(store: Store, carried: Size, filled: readonly Filled[]): void {
  const needed = filled.map(({ size }) => size).reduce(sum, carried);
  if (fits(needed, roomIn(store))) return;
  // What was removed is free on some filesystems only when that is on the disk.
  store.files.syncFilesystem();
  const room = roomIn(store);
  if (!fits(needed, room)) throw noRoom(needed, room, { carried, filled });
}

type Space = Room & { readonly inodes: number | null };

function roomIn({ backend, files }: Store): Space {
  const room = backend.room?.();
  if (room !== undefined) return { ...room, inodes: null };
  return { where: `the filesystem of ${displayBytes(files.root)}`, ...files.space() };
}

function fits(needed: Size, { bytes, inodes }: Space): boolean {
  return needed.bytes <= bytes && (inodes === null || needed.entries <= inodes);
}

/** What room is needed for. */
type Parts = { readonly carried: Size; readonly filled: readonly Filled[] };

function textOfParts({ carried, filled }: Parts): string {
  const parts = filled.map(
    ({ volume, path, size }) => `${textOf(size)} for ${displayBytes(path)}, which the volume ${volume} begins with`,
  );
  return [...parts, ...(carried.entries > 0 ? [`${textOf(carried)} for what is carried`] : [])].join('; ');
}

function textOf({ bytes, entries }: Size): string {
  return `${Math.ceil(bytes / mebibyte)} MiB in ${entries} files and directories`;
}

const mebibyte = 2 ** 20;

function noRoom(needed: Size, space: Space, { carried, filled }: Parts): Failure {
  const taking = filled.filter(({ size }) => size.entries > 0);
  return new Failure({
    code: 'no-space',
    kind: 'failed',
    message: `The boot needs ${textOf(needed)} in ${space.where}, where ${textOfFree(space)}: ${textOfParts({ carried, filled: taking })}`,
    advice: `Make room there (migrate prune, migrate image rm, migrate volume gc)${taking.length > 0 ? ', move data elsewhere, or declare no volume for it' : ' or move data elsewhere'}`,
  });
}

function textOfFree({ bytes, inodes, reserved = 0 }: Space): string {
  const free = `${Math.floor(bytes / mebibyte)} MiB${inodes === null ? '' : ` and ${inodes} inodes`} are free`;
  return reserved > 0 ? `${free} beyond the ${Math.floor(reserved / mebibyte)} MiB that are to stay so` : free;
}
