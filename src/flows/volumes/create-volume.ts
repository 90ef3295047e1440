import { Failure } from '../../domain/failure.ts';
import type { VolumeClass } from '../../domain/volume.ts';
import { displayVolumeName, parseVolumeName } from '../../domain/volume-name.ts';
import { makeObject } from '../../store/make-object.ts';
import { makeVolume } from '../../store/make-volume.ts';
import { changeStore } from '../../store/open-store.ts';
import { volumeCalled } from '../../store/resolve.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import { requireOfNoVersion } from './references.ts';

type Request = StoreRequest & { readonly name: string; readonly class: VolumeClass };

/** What was made. */
export type Created = { readonly kind: 'volume' | 'branch'; readonly name: string; readonly uuid: string };

/** Makes a volume, or an empty branch of one. */
export async function createVolume(system: System, request: Request): Promise<Created> {
  const name = parseVolumeName(request.name);
  if (name.kind === 'tag') throw tagsAreMade(request.name);
  return changeStore(await placeOfStore(system, request), (store) => {
    const { kind } = name;
    if (kind === 'volume') {
      const { uuid } = makeVolume(store, { name: name.volume, class: request.class });
      return { kind, name: name.volume, uuid };
    }
    const volume = volumeCalled(store, name);
    requireOfNoVersion(store, { volume: volume.name, kind, name: name.name });
    const { uuid } = makeObject(store, { volume, kind, name: name.name, from: null });
    return { kind, name: displayVolumeName(name), uuid };
  });
}

function tagsAreMade(name: string): Failure {
  return new Failure({
    code: 'name',
    kind: 'input',
    message: `Cannot create ${name}: a tag is made of a branch`,
    advice: `migrate volume tag ${name} VOLUME/BRANCH`,
  });
}
