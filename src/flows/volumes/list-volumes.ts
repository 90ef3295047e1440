import type { ObjectRecord, Uuid, VolumeRecord } from '../../domain/volume.ts';
import { displayObject, objectsIn } from '../../store/ledger-state.ts';
import { readStore } from '../../store/open-store.ts';
import { volumesMeant } from '../../store/resolve.ts';
import type { Store } from '../../store/store.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';

/** A branch or tag, with what it was made from as people call it: null where it started empty, or that is no more. */
export type ListedObject = { readonly name: string; readonly object: ObjectRecord; readonly from: string | null };

export type ListedVolume = { readonly volume: VolumeRecord; readonly objects: readonly ListedObject[] };

/** The volumes of a store in the order of their names, or one of them, each with branches and tags as they were made. */
export async function listVolumes(
  system: System,
  request: StoreRequest & { readonly volume: string | null },
): Promise<ListedVolume[]> {
  return readStore(await placeOfStore(system, request), (store) =>
    volumesMeant(store, request.volume).map((volume) => ({
      volume,
      objects: objectsIn(store.state, volume.uuid).map((object) => listed(store, object)),
    })),
  );
}

function listed({ state }: Store, object: ObjectRecord): ListedObject {
  return { name: displayObject(state, object), object, from: sourceOf(state, object.from) };
}

function sourceOf(state: Store['state'], from: Uuid | null): string | null {
  const source = from === null ? undefined : state.objects.get(from)?.record;
  return source === undefined ? null : displayObject(state, source);
}
