import { Failure } from '../../domain/failure.ts';
import { systemVolume, type VersionRecord } from '../../domain/version.ts';
import { type Place, samePlace } from '../../domain/volume.ts';
import { displayPlace, objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import { objectsOf } from '../../versions/objects-of-versions.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { unproven } from '../../versions/states.ts';

/** Who refers to what lies in the store. */
export type References = {
  /** The versions that need the branch or tag at a place, in words. */
  readonly to: (place: Place) => string[];
  /** The version that has begun to replace another and has not proven itself yet; null where there is none. */
  readonly unproven: VersionRecord | null;
};

/** What the versions of a store refer to. Throws Failure `version-record`: what cannot be read may need anything. */
export function referencesIn(store: Files): References {
  const versions = readWholeVersions(store).map((version) => ({ version, places: objectsOf(version) }));
  return {
    to: (place) =>
      versions
        .filter(({ places }) => places.some((one) => samePlace(one, place)))
        .map(({ version }) => `version ${version.id} needs it`),
    unproven: versions.find(({ version }) => unproven.includes(version.state))?.version ?? null,
  };
}

/**
 * A root or image that a version is still to get is not made by hand: `root=` of its entry would find what no migration has
 * made. Throws Failure `needed`.
 */
export function requireOfNoVersion(store: Store, place: Place): void {
  if (place.volume !== systemVolume || objectAt(store.state, place) !== null) return;
  const [why] = referencesIn(store.files).to(place);
  if (why === undefined) return;
  throw new Failure({
    code: 'needed',
    kind: 'input',
    message: `Cannot make ${displayPlace(place)}: ${why}, and only a migration or an import may make it`,
    advice: 'Choose another name',
  });
}
