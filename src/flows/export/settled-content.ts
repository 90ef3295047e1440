import type { ObjectRecord, Place } from '../../domain/volume.ts';
import { displayPlace, objectAt, volumeNamed } from '../../store/ledger-state.ts';
import { makeObject } from '../../store/make-object.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import { removeObject } from '../../store/remove-object.ts';
import type { Store } from '../../store/store.ts';
import { lockInStore } from '../lock-in-store.ts';
import { objectMeant } from '../object-meant.ts';

/** A directory with what is exported, what people call that, and the paths at which something begins that is not in it. */
export type Settled = { readonly root: string; readonly shown: string; readonly leftOut: string | null };

/**
 * Hands on the content of a branch or tag as it is at one moment: a branch, which may be written to meanwhile, is tagged
 * for the time, where the storage can.
 */
export async function withSettled<Result>(
  place: StorePlace,
  name: string,
  use: (settled: Settled) => Promise<Result>,
): Promise<Result> {
  const meant = readStore(place, (store) => objectMeant(store, name));
  if (meant.kind === 'tag') return await useContent(place, meant, { shown: displayPlace(meant), leftOut: null }, use);
  const release = lockInStore(place, locked);
  try {
    const tag = changeStore(place, (store) => tagFor(store, meant));
    try {
      const settled = { shown: displayPlace(meant), leftOut: tag?.notes['without'] ?? null };
      return await useContent(place, tag === null ? meant : { ...meant, kind: 'tag', name: tag.name }, settled, use);
    } finally {
      changeStore(place, removeLeftOver);
    }
  } finally {
    release();
  }
}

function useContent<Result>(
  place: StorePlace,
  at: Place,
  settled: Omit<Settled, 'root'>,
  use: (settled: Settled) => Promise<Result>,
): Promise<Result> {
  return readStore(place, ({ backend }) =>
    backend.withContent(at, { writable: false }, (root) => use({ ...settled, root })),
  );
}

/** What a tag is for that lasts as long as an export. */
export const exportingPurpose = 'exporting';

const locked = {
  ...{ file: '/exporting.lock', code: 'export-running' },
  message: 'Cannot export a branch: another export is running',
};

/** Null where nothing has to be tagged, or cannot be while it is in use. */
function tagFor(store: Store, meant: Place): ObjectRecord | null {
  if (!store.backend.capabilities.atomicTag) return null;
  removeLeftOver(store);
  const volume = volumeNamed(store.state, meant.volume);
  const from = objectAt(store.state, meant)?.record;
  if (volume === null || from === undefined) return null;
  const name = `exporting-${store.nextLine}`;
  return makeObject(store, {
    volume,
    kind: 'tag',
    name,
    from,
    notes: { purpose: exportingPurpose },
    withoutNested: true,
  });
}

/** The caller holds the lock of exports: what is there for one is its own, or of one that was killed. */
function removeLeftOver(store: Store): void {
  const tags = [...store.state.objects.values()].map(({ record }) => record);
  for (const tag of tags) if (tag.notes['purpose'] === exportingPurpose) removeObject(store, tag);
}
