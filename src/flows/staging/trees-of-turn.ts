import type { DeclaredVolume } from '../../domain/declared-volume.ts';
import type { RootPath } from '../../domain/path.ts';
import { boundBranch, type VersionRecord } from '../../domain/version.ts';
import type { Place } from '../../domain/volume.ts';
import { objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import type { Files, TreePart } from '../../system/files.ts';
import { systemPlace } from './change-version.ts';

/** Two versions, of which the second takes over from the first. */
export type Turn = { readonly from: VersionRecord; readonly to: VersionRecord };

/** The root that is left, as it is now and as it began, unless that is gone; and what the other version shows instead. */
export type TurnTrees = { readonly began: Files | null; readonly now: Files; readonly shown: Files };

/**
 * Hands on the trees of a turn, without extended attributes, to be read until `use` returns; null where there is no root on
 * one of the sides. `volumes` is what the two declare: those that the version that takes over uses stand in what it shows.
 */
export function withTreesOfTurn<Result>(
  store: Store,
  { from, to }: Turn,
  volumes: readonly DeclaredVolume[],
  use: (trees: TurnTrees) => Result,
): Result | null {
  const [now, shown] = [systemPlace('branch', from.branch), systemPlace('branch', to.branch)];
  if ([now, shown].some((place) => objectAt(store.state, place) === null)) return null;
  const began = systemPlace('tag', from.born ?? from.image);
  return withFiles(store, now, [], (ours) =>
    withParts(store, usedBy(store, to, volumes), [], (parts) =>
      withFiles(store, shown, parts, (others) => {
        if (objectAt(store.state, began) === null) return use({ began: null, now: ours, shown: others });
        return withFiles(store, began, [], (base) => use({ began: base, now: ours, shown: others }));
      }),
    ),
  );
}

type UsedVolume = { readonly mountPoint: RootPath; readonly place: Place };

function usedBy({ state }: Store, version: VersionRecord, volumes: readonly DeclaredVolume[]): UsedVolume[] {
  return volumes.flatMap(({ name, mountPoint }) => {
    const branch = boundBranch(version, name);
    if (branch === null) return [];
    const place: Place = { volume: name, kind: 'branch', name: branch };
    return objectAt(state, place) === null ? [] : [{ mountPoint, place }];
  });
}

function withParts<Result>(
  store: Store,
  [first, ...others]: readonly UsedVolume[],
  parts: readonly TreePart[],
  use: (parts: readonly TreePart[]) => Result,
): Result {
  if (first === undefined) return use(parts);
  return store.backend.withContent(first.place, { writable: false }, (directory) => {
    const part = { at: first.mountPoint, directory: store.system.directory(directory) };
    return withParts(store, others, [...parts, part], use);
  });
}

function withFiles<Result>(
  { backend, system }: Store,
  place: Place,
  parts: readonly TreePart[],
  use: (files: Files) => Result,
): Result {
  return backend.withContent(place, { writable: false }, (directory) => {
    const files = system.openRoot(system.directory(directory), { withoutXattrs: true, parts });
    try {
      return use(files);
    } finally {
      files.close();
    }
  });
}
