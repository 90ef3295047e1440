import type { VersionRecord } from '../../domain/version.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions, removeVersion } from '../../versions/records.ts';
import { releaseAll } from './change-version.ts';

/** Takes a version away of which nothing was made yet but its record; its image stays. */
export function dropVersion(store: Store, version: VersionRecord): void {
  releaseAll(store, version);
  removeVersion(store.files, version.id);
}

/** Takes away the versions that no boot has begun to make, and gives their ids. */
export function dropUnbooted(store: Store, { but = null }: { readonly but?: string | null } = {}): string[] {
  const unbooted = readWholeVersions(store.files).filter(
    ({ id, state }) => id !== but && (state === 'staged' || state === 'prepared' || state === 'armed'),
  );
  for (const version of unbooted) dropVersion(store, version);
  return unbooted.map(({ id }) => id);
}
