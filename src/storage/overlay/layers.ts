import type { ByteString } from '../../domain/bytes.ts';
import { jsonOrNull } from '../../domain/json.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import { partialEnding, volumesPath } from '../object-places.ts';
import { writeDurably } from '../write-durably.ts';

/**
 * How objects and layers lie in the store. A layer, `volumes/.layers/<id>`, never changes once something refers to it. A
 * branch is a directory with its own changes in `tree`, overlayfs's `work`, and `layers.json`, which names the layers
 * below, the topmost first. A tag is a directory with `layers.json` alone. So nothing rests on a branch or tag, only on
 * layers, and a layer goes when nothing names it any more.
 */
export const layersPath: RootPath = `${volumesPath}/.layers`;

/** The lowest of every mount, since overlayfs wants more than one directory. */
export const emptyPath: RootPath = `${volumesPath}/.empty`;

const listName = 'layers.json';
const ownNames: ReadonlySet<ByteString> = new Set(['tree', 'work', listName, `${listName}${partialEnding}`]);

/** How many layers may lie on each other: one page of mount options names them, and each makes names slower to find. */
export const deepest = 64;

export type LayerId = string;

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
  writeDurably(files, childOf(object, listName), `${JSON.stringify({ schema: 'migrate.layers/1', layers })}\n`);
}

/** Whether what is in the directory can all have been made here. */
export function isOwnDirectory(files: Files, object: RootPath): boolean {
  if (files.status(object)?.type !== 'directory') return false;
  const names = files.list(object);
  if (!names.every((name) => ownNames.has(name))) return false;
  return names.includes(listName) || !(names.includes('tree') || names.includes('work'));
}

/** What an object holds, in the order in which it is removed: what names its layers goes last. */
export const removalOrder: readonly ByteString[] = ['tree', 'work', `${listName}${partialEnding}`, listName];

function layersIn(text: ByteString): readonly LayerId[] | null {
  const value = jsonOrNull(text);
  if (typeof value !== 'object' || value === null || !('schema' in value) || !('layers' in value)) return null;
  const { schema, layers } = value;
  if (schema !== 'migrate.layers/1' || !Array.isArray(layers)) return null;
  const ids = layers.filter((id): id is LayerId => typeof id === 'string' && isLayerId(id));
  return ids.length === layers.length ? ids : null;
}
