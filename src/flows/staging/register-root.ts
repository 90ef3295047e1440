import { newVersion, systemVolume, type VersionRecord } from '../../domain/version.ts';
import type { Place } from '../../domain/volume.ts';
import { imageFacts } from '../../images/image-facts.ts';
import { adoptObject } from '../../store/adopt-object.ts';
import { objectAt, volumeNamed } from '../../store/ledger-state.ts';
import { makeObject } from '../../store/make-object.ts';
import { makeVolume } from '../../store/make-volume.ts';
import type { Store } from '../../store/store.ts';
import { writeVersion } from '../../versions/records.ts';
import { withRoot } from '../with-root.ts';
import { bootOf, wholeKernels } from './boot-of-version.ts';
import { holdAll, occasionOf, systemPlace } from './change-version.ts';

/**
 * Makes the root that lies in the place of the branch `id` the first version, which is good. `base` is the tag of its
 * image, or null: then what it holds now is tagged. `whenTagged` may then write to it. Interrupted, it can be done again.
 */
export function registerRoot(
  store: Store,
  { id, base }: { readonly id: string; readonly base: string | null },
  whenTagged: () => void,
): VersionRecord {
  const volume = volumeNamed(store.state, systemVolume) ?? makeVolume(store, { name: systemVolume, class: 'system' });
  const image = base === null ? null : (objectAt(store.state, systemPlace('tag', base))?.record ?? null);
  const branch = adoptObject(store, { volume, kind: 'branch', name: id, from: image });
  const found = base ?? `found-${id}`;
  if (objectAt(store.state, systemPlace('tag', found)) === null) {
    const notes = { purpose: 'found' };
    makeObject(store, { volume, kind: 'tag', name: found, from: branch, notes, withoutNested: true });
  }
  whenTagged();
  const facts = { id, order: 1, image: found, base, parent: null, branch: id, bindings: {} };
  const version = newVersion(facts, 'good', occasionOf(store, 'it ran when the store was made'));
  const whole = { ...version, boot: bootOf(store, version, kernelPlace(store, found, id)) };
  holdAll(store, whole);
  writeVersion(store.files, whole);
  return whole;
}

/**
 * Where the kernel is that starts the root that was there: in its image, whose files nobody changes, unless the root has
 * come to another kernel since and lacks the modules of that one.
 */
function kernelPlace({ backend, system }: Store, image: string, branch: string): Place {
  const places = { image: systemPlace('tag', image), root: systemPlace('branch', branch) };
  const facts = ({ kind, name }: Place) =>
    backend.withContent(systemPlace(kind, name), { writable: false }, (directory) =>
      withRoot(system, directory, (files) => imageFacts(files).kernels),
    );
  const [newest] = wholeKernels(facts(places.image));
  const modules = facts(places.root).filter(({ hasModules }) => hasModules);
  return modules.some(({ release }) => release === newest?.release) ? places.image : places.root;
}
