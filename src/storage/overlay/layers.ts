import type { ByteString } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import { writeDurably } from '../../files/write-durably.ts';
import type { Files } from '../../system/files.ts';
import { partialEnding, volumesPath } from '../object-places.ts';

/**
 * How objects and layers lie in the store. A layer, `volumes/.layers/<id>`, never changes once something refers to it. A
 * branch is a directory with its own changes in `tree`, overlayfs's `work`, and the list `layers`, which names the layers
 * below, the topmost first. A tag is a directory with that list alone. So nothing rests on a branch or tag, only on
 * layers, and a layer goes when nothing names it any more.
 */
export const layersPath: RootPath = `${volumesPath}/.layers`;

/** The lowest of every mount, since overlayfs wants more than one directory. */
export const emptyPath: RootPath = `${volumesPath}/.empty`;

const schema = 'migrate.layers/1';
const listName = 'layers';

/** What a branch's own changes are called while they are removed: what is left of them must not be taken for all. */
export const goingName: ByteString = 'going';

const ownNames: ReadonlySet<ByteString> = new Set(['tree', 'work', goingName, listName, `${listName}${partialEnding}`]);

/** How many layers may lie on each other: one page of mount options names them, and each makes names slower to find. */
export const deepest = 64;

/** From how many on those are joined that no object tells apart (`make-room.ts`). */
export const crowded = 32;

export type LayerId = string;

/**
 * What stands in the list of a root that was there before the store, and that starts as it did before: what it holds is
 * all of the store's filesystem, and nothing is kept for it beside that.
 */
export const wholeFilesystem: LayerId = 'filesystem';

const layerId = /^[0-9a-f]{32}$/;

export function isLayerId(name: ByteString): boolean {
  return layerId.test(name);
}

export function layerPath(id: LayerId): RootPath {
  return childOf(layersPath, id);
}

/** The files of a layer, or the own changes of a branch. */
export function treePath(layerOrBranch: RootPath): RootPath {
  return `${layerOrBranch}/tree`;
}

export function workPath(branch: RootPath): RootPath {
  return `${branch}/work`;
}

/** The layers that an object names, the topmost first; else why that cannot be told. */
export function readLayers(files: Files, object: RootPath): readonly LayerId[] | 'missing' | 'damaged' {
  const path = childOf(object, listName);
  if (files.status(path)?.type !== 'file') return 'missing';
  return layersIn(files.read(path)) ?? 'damaged';
}

/** Names the layers of an object; durable. */
export function writeLayers(files: Files, object: RootPath, layers: readonly LayerId[]): void {
  writeDurably(files, childOf(object, listName), listOf(layers));
}

/** The lines of a list: `mount.migrate` reads it too, which is a script for sh. The last tells that it is whole. */
function listOf(layers: readonly LayerId[]): ByteString {
  return [schema, ...layers, `end ${layers.length}`, ''].join('\n');
}

/** Whether what is in the directory can all have been made here. */
export function isOwnDirectory(files: Files, object: RootPath): boolean {
  if (files.status(object)?.type !== 'directory') return false;
  const names = files.list(object);
  if (!names.every((name) => ownNames.has(name))) return false;
  return names.includes(listName) || !['tree', 'work', goingName].some((name) => names.includes(name));
}

/** What an object holds, in the order in which it is removed: what names its layers goes last. */
export const removalOrder: readonly ByteString[] = [goingName, 'tree', 'work', `${listName}${partialEnding}`, listName];

function layersIn(text: ByteString): readonly LayerId[] | null {
  const layers = text.split('\n').slice(1, -2);
  const isList = layers.every(isLayerId) || (layers.length === 1 && layers[0] === wholeFilesystem);
  return isList && text === listOf(layers) ? layers : null;
}
