import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import { objectPath, placesIn } from '../object-places.ts';
import { type LayerId, readLayers } from './layers.ts';

/** An object that names layers, the topmost first. */
export type LayerUser = { readonly place: Place; readonly layers: readonly LayerId[] };

/** The objects that name each layer, in the order of their places; null where one cannot tell which it names. */
export function usersOfLayers(files: Files): ReadonlyMap<LayerId, readonly LayerUser[]> | null {
  const users = new Map<LayerId, LayerUser[]>();
  for (const place of placesIn(files)) {
    const layers = readLayers(files, objectPath(place));
    if (layers === 'damaged') return null;
    if (layers === 'missing') continue;
    for (const id of layers) users.set(id, [...(users.get(id) ?? []), { place, layers }]);
  }
  return users;
}
