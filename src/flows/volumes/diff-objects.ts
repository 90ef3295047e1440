import type { Boundary, Unreadable } from '../../domain/change.ts';
import { changeKind, differencesOf } from '../../domain/describe-change.ts';
import type { Place } from '../../domain/volume.ts';
import { readStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import type { System } from '../../system/system.ts';
import { findChanges } from '../../tree/find-changes.ts';
import type { Walk } from '../../tree/walk-changes.ts';
import type { LocalChange } from '../list-changes.ts';
import { objectMeant } from '../object-meant.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import type { OnProgress } from '../progress.ts';
import { withRoot } from '../with-root.ts';

type Request = StoreRequest & {
  /** The version, image, branch or tag that is asked what has become of it, and the one that it has become. */
  readonly from: string;
  readonly to: string;
  readonly onProgress: OnProgress;
};

export type ObjectDiff = {
  readonly changes: readonly Omit<LocalChange, 'verdict'>[];
  readonly boundaries: readonly Boundary[];
  readonly unreadable: readonly Unreadable[];
  /** Whether the storage told where to look; else everything was compared. */
  readonly native: boolean;
};

/** In what one branch or tag differs from another, which may be the roots of versions. Throws those of `objectMeant`. */
export async function diffObjects(system: System, request: Request): Promise<ObjectDiff> {
  return readStore(await placeOfStore(system, request), (store) =>
    diffPlaces(store, [objectMeant(store, request.from), objectMeant(store, request.to)], request.onProgress),
  );
}

/** Whether two branches or tags hold the same, as far as that can be read. */
export function holdsTheSame(store: Store, places: readonly [Place, Place], onProgress: OnProgress): boolean {
  const { changes, unreadable } = diffPlaces(store, places, onProgress);
  return changes.length === 0 && unreadable.length === 0;
}

function diffPlaces(store: Store, [base, ours]: readonly [Place, Place], onProgress: OnProgress): ObjectDiff {
  // Only of what cannot change meanwhile the storage can tell the changes since.
  const candidates = base.kind === 'tag' ? store.backend.candidates(base, ours) : null;
  const walk = withBoth(store, base, ours, (one, other) => {
    const interest = {
      isIgnored: () => false,
      isPinned: () => false,
      onProgress: (scanned: number) => onProgress({ phase: 'compare', done: scanned, total: null, unit: 'entries' }),
    };
    return findChanges({ base: one, ours: other, others: [] }, interest, candidates);
  });
  return { ...described(walk), native: candidates !== null };
}

type Trees = Parameters<typeof findChanges>[0];

function withBoth(
  store: Store,
  base: Place,
  ours: Place,
  use: (base: Trees['base'], ours: Trees['ours']) => Walk,
): Walk {
  const { backend, system } = store;
  return backend.withContent(base, { writable: false }, (first) =>
    backend.withContent(ours, { writable: false }, (second) =>
      withRoot(system, first, (one) => withRoot(system, second, (other) => use(one, other))),
    ),
  );
}

function described({ changes, boundaries, unreadable }: Walk): Omit<ObjectDiff, 'native'> {
  return {
    changes: changes.map(({ path, base, ours, sameContent }) => ({
      path,
      change: changeKind(base, ours),
      differs: differencesOf(base, ours, sameContent),
    })),
    boundaries,
    unreadable,
  };
}
