import { Failure } from '../domain/failure.ts';
import type { VolumeClass, VolumeRecord } from '../domain/volume.ts';
import { requirePartName } from '../domain/volume-name.ts';
import { objectsIn, volumeNamed } from './ledger-state.ts';
import type { Store } from './store.ts';
import { requireSettled } from './unsettled.ts';
import { removeVolumeFile } from './volume-files.ts';

/** Makes a volume, without branches. Throws Failure `name` or `exists`. */
export function makeVolume(store: Store, facts: { readonly name: string; readonly class: VolumeClass }): VolumeRecord {
  requirePartName(facts.name);
  const { instance, host } = store.state.identity;
  if (volumeNamed(store.state, facts.name) !== null) {
    throw new Failure({
      code: 'exists',
      kind: 'input',
      message: `Cannot make the volume ${facts.name}: there is one of that name`,
      advice: `A branch of it is made with migrate volume create ${facts.name}/BRANCH`,
    });
  }
  const record: VolumeRecord = { uuid: store.system.newUuid(), ...facts, instance, host };
  const line = store.append({ kind: 'volume', volume: record });
  store.writeVolumeFile({ record, line });
  return record;
}

/** Removes a volume that has no branches and tags. Throws Failure `not-empty`, `unfinished` or `busy`. */
export function forgetVolume(store: Store, volume: VolumeRecord): void {
  const { length } = objectsIn(store.state, volume.uuid);
  if (length > 0) {
    throw new Failure({
      code: 'not-empty',
      kind: 'input',
      message: `Cannot destroy the volume ${volume.name}: it has ${length} ${length === 1 ? 'branch or tag' : 'branches and tags'}`,
      advice: 'Destroy them first, or all at once with --recursive',
    });
  }
  requireSettled(store, volume.name, ({ object }) => object.volume === volume.uuid);
  store.append({ kind: 'forget', volume: volume.uuid });
  removeVolumeFile(store.files, store.system.digest, volume);
}
