import { changeStore, type StorePlace } from '../store/open-store.ts';
import { writeVersion } from '../versions/records.ts';
import { versionCalled } from './staging/change-version.ts';

/** Whether a version stays whatever the retention says. Returns whether that was changed. Throws Failure `no-version`. */
export function pinVersion(
  place: StorePlace,
  { id, pinned }: { readonly id: string; readonly pinned: boolean },
): { readonly changed: boolean } {
  return changeStore(place, (store) => {
    const version = versionCalled(store, id);
    if (version.pinned === pinned) return { changed: false };
    writeVersion(store.files, { ...version, pinned });
    return { changed: true };
  });
}
