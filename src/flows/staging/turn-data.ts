import { displayBytes } from '../../domain/bytes.ts';
import type { DeclaredVolume } from '../../domain/declared-volume.ts';
import { Failure } from '../../domain/failure.ts';
import type { ItemDraft } from '../../domain/item.ts';
import { boundBranch, type VersionRecord } from '../../domain/version.ts';
import { holdObject } from '../../store/hold.ts';
import { noSuch, objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import { dataTurnedBack, keepData } from '../../versions/data-turned-back.ts';
import { holdOf } from '../../versions/objects-of-versions.ts';
import { type DataInRoot, rootDataTurnedBack } from '../../versions/root-data-turned-back.ts';
import { loadVolumes } from '../load-volumes.ts';
import { withRoot } from '../with-root.ts';
import { systemPlace } from './change-version.ts';
import { dataChangedInRoot } from './data-in-root.ts';
import { dataVolumes } from './init-volumes.ts';
import { mountVolumesIn } from './mount-volumes.ts';

/** What becomes of the data of all volumes that are turned back: see `dataTurnedBack`. */
export type DataAnswer = 'follow' | 'keep';

/** Two versions, of which the second takes over from the first. */
export type Turn = { readonly from: VersionRecord; readonly to: VersionRecord };

/** The items of a turn. What a root declares that cannot be read is no reason not to leave it. */
export function turnedData(store: Store, { from, to }: Turn): ItemDraft[] {
  const volumes = [...declaredByBoth(store, { from, to }).values()];
  return [
    ...dataTurnedBack(from, to, volumes),
    ...rootDataTurnedBack(from, to, dataInRoot(store, { from, to }, volumes)),
  ];
}

/** Data of the version that is left that lies in its root, where volumes of data are, and where people's data usually is. */
function dataInRoot(store: Store, { from }: Turn, declared: readonly DeclaredVolume[]): DataInRoot[] {
  const bound = declared.filter(({ name }) => boundBranch(from, name) !== null);
  const unbound = declared.filter((volume) => volume.class === 'data' && !bound.includes(volume));
  const usual = dataVolumes.filter(({ mountPoint }) => declared.every((volume) => volume.mountPoint !== mountPoint));
  const places = [...unbound, ...usual].map(({ mountPoint }) => mountPoint);
  return dataChangedInRoot(store, from, places).map((mountPoint) => {
    return { mountPoint, volume: unbound.find((volume) => volume.mountPoint === mountPoint)?.name ?? null };
  });
}

/**
 * Gives the other version the branches of data that the first uses, or its own: holds, and the units in its root, in this
 * order, so that after a crash the same turn asks again. Gives its bindings, for its record; what it then holds and does
 * not use any more is released by `removeLeftOvers`. Throws Failure `data-in-root`, and as `loadVolumes` and `mountVolumesIn` do.
 */
export function turnData(
  store: Store,
  turn: Turn,
  items: readonly ItemDraft[],
  answer: DataAnswer,
): VersionRecord['bindings'] {
  const { from, to } = turn;
  if (items.length === 0) return to.bindings;
  if (answer === 'keep') requireKeepable(turn, items);
  const turned = new Set(items.map(({ subject }) => subject));
  const volumes = [...declaredByBoth(store, turn).values()].filter(({ mountPoint }) => turned.has(mountPoint));
  const kept = answer === 'keep' ? volumes : [];
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

/** Only branches can be given to a version that is there. */
function requireKeepable({ from, to }: Turn, items: readonly ItemDraft[]): void {
  const inRoot = items.filter(({ resolutions }) => resolutions.every(({ id }) => id !== keepData));
  if (inRoot.length === 0) return;
  const places = inRoot.map(({ subject }) => displayBytes(subject)).join(', ');
  throw new Failure({
    code: 'data-in-root',
    kind: 'input',
    message: `Cannot give ${to.id} the data of ${from.id} in ${places}: it lies in the root of ${from.id}, not in a volume`,
    advice: 'Take it along in a new version, with --carry, or say --data follow',
  });
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
