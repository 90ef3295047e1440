import { isBelow, type RootPath } from '../../domain/path.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import { finishing, type Interest, startWalk, visitAll } from '../../tree/walk-changes.ts';
import { systemPlace } from './change-version.ts';

/** Equal size and time are taken for equal content: it is asked whether anything was written, not what. */
const roughly: Interest = { isIgnored: () => true, isPinned: () => false, onProgress: () => undefined };

/**
 * Those of the places of data at which a version's own root was changed since its commit; of the first version, since its
 * image. Other filesystems are not entered.
 */
export function dataChangedInRoot(store: Store, version: VersionRecord, places: readonly RootPath[]): RootPath[] {
  const { backend, system, state } = store;
  const began = systemPlace('tag', version.born ?? version.image);
  const root = systemPlace('branch', version.branch);
  if (places.length === 0 || objectAt(state, began) === null || objectAt(state, root) === null) return [];
  const readOnly = { writable: false };
  return backend.withContent(began, readOnly, (before) =>
    backend.withContent(root, readOnly, (now) => {
      const [base, ours] = [before, now].map((path) => system.openRoot(system.directory(path), rough)) as [
        Files,
        Files,
      ];
      try {
        return places.filter((place) => isChanged(base, ours, place));
      } finally {
        base.close();
        ours.close();
      }
    }),
  );
}

const rough = { withoutXattrs: true };

function isChanged(base: Files, ours: Files, place: RootPath): boolean {
  const walker = startWalk(base, ours, roughly, []);
  const { changes, unreadable } = finishing(walker, () => visitAll(walker, place));
  // The directory itself, which an image may lack, holds no data.
  return unreadable.length > 0 || changes.some(({ path }) => isBelow(path, place));
}
