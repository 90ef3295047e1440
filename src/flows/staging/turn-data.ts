import type { DeclaredVolume } from '../../domain/declared-volume.ts';
import { Failure } from '../../domain/failure.ts';
import type { ItemDraft } from '../../domain/item.ts';
import type { RootPath } from '../../domain/path.ts';
import { boundBranch, type VersionRecord } from '../../domain/version.ts';
import { holdObject } from '../../store/hold.ts';
import { noSuch, objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import { dataTurnedBack } from '../../versions/data-turned-back.ts';
import { holdOf } from '../../versions/objects-of-versions.ts';
import { type DataInRoot, rootDataTurnedBack } from '../../versions/root-data-turned-back.ts';
import { loadVolumes } from '../load-volumes.ts';
import type { OnProgress } from '../progress.ts';
import { withRoot } from '../with-root.ts';
import { systemPlace } from './change-version.ts';
import { dataWrittenInRoot } from './data-in-root.ts';
import { dataVolumes } from './init-volumes.ts';
import { mountVolumesIn } from './mount-volumes.ts';
import type { Turn } from './trees-of-turn.ts';

/** What becomes of data that is turned back: see `dataTurnedBack`. */
export type DataAnswer = 'follow' | 'keep';

export type TurnedData = {
  /** What a turn asks. */
  readonly items: readonly ItemDraft[];
  /** Every place of data that it might have asked about. */
  readonly places: readonly RootPath[];
  /** Those of volumes of which both versions use the same branch, so that the data is kept whatever is said. */
  readonly shared: readonly RootPath[];
};

/**
 * The items of a turn, at most one for each place. What a root declares that cannot be read is no reason not to leave it.
 * Large homes take minutes.
 */
export function turnedData(store: Store, turn: Turn, onProgress: OnProgress): TurnedData {
  const { from, to } = turn;
  const volumes = [...declaredByBoth(store, turn).values()];
  const data = volumes.filter((volume) => volume.class === 'data');
  const items = [
    ...dataTurnedBack(from, to, volumes),
    ...rootDataTurnedBack(from, to, dataInRoot(store, turn, volumes, onProgress)),
  ];
  const shared = volumes.filter(({ name }) => {
    const branch = boundBranch(from, name);
    return branch !== null && branch === boundBranch(to, name);
  });
  return { items, places: placesOf([...data, ...dataVolumes]), shared: placesOf(shared) };
}

function placesOf(volumes: readonly Pick<DeclaredVolume, 'mountPoint'>[]): RootPath[] {
  return volumes.map(({ mountPoint }) => mountPoint);
}

/** Data of the version that is left that lies in its root, where volumes of data are, and where people's data usually is. */
function dataInRoot(
  store: Store,
  turn: Turn,
  volumes: readonly DeclaredVolume[],
  onProgress: OnProgress,
): DataInRoot[] {
  const bound = volumes.filter(({ name }) => boundBranch(turn.from, name) !== null);
  const unbound = volumes.filter((volume) => volume.class === 'data' && !bound.includes(volume));
  const usual = dataVolumes.filter(({ mountPoint }) => volumes.every((volume) => volume.mountPoint !== mountPoint));
  // What the root has below a volume is not in use.
  const places = [...unbound, ...usual]
    .map(({ mountPoint }) => mountPoint)
    .filter((place) => bound.every(({ mountPoint }) => mountPoint !== place));
  return dataWrittenInRoot(store, turn, { places, volumes }, onProgress).map((written) => {
    return { ...written, volume: unbound.find(({ mountPoint }) => mountPoint === written.mountPoint)?.name ?? null };
  });
}

/**
 * Gives the other version the branches of data that the first uses, or its own, as it was answered for each place: holds,
 * and the units in its root, in this order, so that after a crash the same turn asks again. Gives its bindings, for its
 * record; what it then holds and does not use any more is released by `removeLeftOvers`. Throws Failure as `loadVolumes`
 * and `mountVolumesIn` do.
 */
export function turnData(
  store: Store,
  turn: Turn,
  answers: ReadonlyMap<RootPath, DataAnswer>,
): VersionRecord['bindings'] {
  const { from, to } = turn;
  if (answers.size === 0) return to.bindings;
  const volumes = [...declaredByBoth(store, turn).values()];
  const kept = volumes.filter(({ mountPoint }) => answers.get(mountPoint) === 'keep');
  const branches = kept.flatMap(({ name }) => {
    const branch = boundBranch(from, name);
    return branch === null ? [] : [[name, branch] as const];
  });
  for (const [volume, branch] of branches) holdBranch(store, to, { volume, branch });
  const bindings = { ...to.bindings, ...Object.fromEntries(branches) };
  store.backend.withContent(systemPlace('branch', to.branch), { writable: true }, (directory) =>
    withRoot(store.system, directory, (root) => {
      const declared = loadVolumes({ theirs: root, ours: root });
      const added = kept.filter(({ name }) => declared.every((volume) => volume.name !== name));
      mountVolumesIn(store, root, { id: to.id, bindings }, [...declared, ...added]);
    }),
  );
  return bindings;
}

function holdBranch(store: Store, { id }: VersionRecord, of: { volume: string; branch: string }): void {
  const object = objectAt(store.state, { volume: of.volume, kind: 'branch', name: of.branch })?.record;
  if (object === undefined) throw noSuch(`the branch ${of.volume}/${of.branch}`);
  holdObject(store, object, holdOf(id));
}

/** By their names; where both declare one, as the version that takes over does. */
function declaredByBoth(store: Store, { from, to }: Turn): ReadonlyMap<string, DeclaredVolume> {
  const declared = [...declaredIn(store, from), ...declaredIn(store, to)];
  return new Map(declared.map((volume) => [volume.name, volume]));
}

function declaredIn({ backend, system }: Store, { branch }: VersionRecord): DeclaredVolume[] {
  try {
    return backend.withContent(systemPlace('branch', branch), { writable: false }, (directory) =>
      withRoot(system, directory, (root) => loadVolumes({ theirs: root, ours: root })),
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [];
  }
}
