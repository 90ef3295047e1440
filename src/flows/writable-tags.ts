import { Failure, SystemCallError } from '../domain/failure.ts';
import { displayPlace } from '../store/ledger-state.ts';
import { readStore } from '../store/open-store.ts';
import type { System } from '../system/system.ts';
import { placeOfStore, type StoreRequest } from './place-of-store.ts';

/**
 * What is to be said of tags that somebody has made writable. Of a store that cannot be opened nothing: what is wrong with
 * it `migrate volume fsck` says.
 */
export async function writableTagProblems(system: System, request: StoreRequest): Promise<string[]> {
  try {
    return readStore(await placeOfStore(system, request), ({ backend }) =>
      (backend.writableTags?.() ?? []).map(({ place }) => {
        return `${displayPlace(place)} is a tag, and somebody has made it writable: see migrate volume fsck`;
      }),
    );
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return [];
  }
}
