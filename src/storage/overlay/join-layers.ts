import { systemVolume } from '../../domain/version.ts';
import { type Place, samePlace } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { objectPath } from '../object-places.ts';
import { joinTrees, requireJoinable, type TreesToJoin } from './join-trees.ts';
import { type LayerUser, usersOfLayers } from './layer-users.ts';
import { type LayerId, layerPath, layersPath, treePath, writeLayers } from './layers.ts';
import { mountsOfObject } from './mounted-objects.ts';
import { removeTree, removeUnusedLayers } from './remove-layers.ts';
import { looksOf, stackOf } from './stack.ts';

/** Two or more layers that lie on each other and that the same objects name, what lies below them, and those objects. */
export type Run = {
  readonly layers: readonly LayerId[];
  readonly below: readonly LayerId[];
  readonly users: readonly LayerUser[];
};

/** All runs in what an object names, the topmost first. */
export function runsIn(files: Files, layers: readonly LayerId[]): Run[] {
  const users = usersOfLayers(files);
  if (users === null) return [];
  const runs: Run[] = [];
  let start = 0;
  while (start < layers.length) {
    const run = layers.slice(start);
    const end = run.findIndex((id) => !areTogether(files, users, { run, id }));
    const length = end === -1 ? run.length : Math.max(end, 1);
    if (length > 1)
      runs.push({
        layers: run.slice(0, length),
        below: run.slice(length),
        users: users.get(run[0] ?? '') ?? [],
      });
    start += length;
  }
  return runs;
}

/** Throws Failure `foreign-layer` where the run could not be joined, whoever has it mounted. */
export function requireRunJoinable(files: Files, run: Run): void {
  requireJoinable(files, treesOfRun(run));
}

function treesOfRun({ layers, below }: Pick<Run, 'layers' | 'below'>): TreesToJoin {
  const treesOf = (ids: readonly LayerId[]) => ids.map((one) => treePath(layerPath(one)));
  return { joined: treesOf(layers), below: treesOf(below) };
}

type Users = ReadonlyMap<LayerId, readonly LayerUser[]>;

/** Whether a layer is named by just those that name the first of the run, each over all that lies below it here. */
function areTogether(
  files: Files,
  users: Users,
  { run, id }: { readonly run: readonly LayerId[]; readonly id: LayerId },
): boolean {
  const [first = '', own] = [run[0], users.get(id) ?? []];
  const expected = users.get(first) ?? [];
  const text = run.join();
  if (own.length !== expected.length || isNamedByLoaders(files, id, own)) return false;
  return own.every(({ place, layers }, index) => {
    const same = expected[index]?.place;
    return same !== undefined && samePlace(same, place) && layers.slice(layers.indexOf(first)).join() === text;
  });
}

/** Where kernels are looked for (`src/images/image-facts.ts`). */
const kernelDirectories = ['boot', 'usr/lib/modules', 'lib/modules'];

/** Whether an entry of a boot loader may name a file by its place in the layer. */
function isNamedByLoaders(files: Files, id: LayerId, users: readonly LayerUser[]): boolean {
  if (!users.some(({ place }) => place.volume === systemVolume)) return false;
  return kernelDirectories.some((name) => files.status(`${treePath(layerPath(id))}/${name}`) !== null);
}

/** An object that names a layer of the run and is mounted, and where; what is mounted goes on reading its layers. */
export function mountedUser(system: System, files: Files, { users }: Run): { place: Place; directory: string } | null {
  for (const { place } of users) {
    const [mounted] = mountsOfObject(system, looksOf(system, files, place));
    if (mounted !== undefined) return { place, directory: mounted.mount.directory };
  }
  return null;
}

/**
 * Joins every run in what an object names, as far as nothing that names it is mounted, and returns the layers that it then
 * names. What each object shows stays the same at every moment, be it that some name the one layer and others still the run.
 * Durable when it returns. Throws Failure `foreign-layer`.
 */
export function joinLayers(system: System, files: Files, place: Place): readonly LayerId[] {
  for (;;) {
    const { layers } = stackOf(files, place);
    // The lowest first: it lies below the others, which need not be made of what is about to go.
    const run = runsIn(files, layers).findLast((one) => mountedUser(system, files, one) === null);
    if (run === undefined) return layers;
    joinRun(system, files, run);
    removeUnusedLayers(system, files);
  }
}

/** The name of the layer follows from the run's, so that an interrupted attempt is gone on with. */
function joinRun(system: System, files: Files, run: Run): void {
  const { layers, below, users } = run;
  const id = system.digest(layers.join()).slice(0, 32);
  // What no object names need not be whole.
  if (usersOfLayers(files)?.has(id) !== true) makeLayer(system, files, id, { layers, below });
  // Making it may have taken long; whoever only reads the store waits for nobody.
  if (mountedUser(system, files, run) !== null) return;
  const looks = users.map(({ place }) => looksOf(system, files, place));
  for (const { place, layers: named } of users) {
    const above = named.slice(0, named.length - below.length - layers.length);
    writeLayers(files, objectPath(place), [...above, id, ...below]);
  }
  // Whoever mounted by the list as it was goes on reading those layers: they stay named.
  for (const [index, { place, layers: named }] of users.entries()) {
    const own = looks[index];
    if (own !== undefined && mountsOfObject(system, own).length > 0) writeLayers(files, objectPath(place), named);
  }
}

/** It gets its name when it is whole and on the disk. It has no list, and so never becomes a branch's own changes again. */
function makeLayer(system: System, files: Files, id: LayerId, run: Omit<Run, 'users'>): void {
  const making = layerPath(system.newUuid());
  if (files.status(layerPath(id)) !== null) removeTree(system, files, layerPath(id));
  files.makeDirectory(making);
  joinTrees(files, treesOfRun(run), treePath(making), system.signOfProgress);
  files.syncFilesystem();
  files.rename(making, layerPath(id));
  files.sync(layersPath);
}
