import { Failure } from '../domain/failure.ts';
import type { VersionRecord } from '../domain/version.ts';
import type { Place } from '../domain/volume.ts';
import { parseObjectName } from '../domain/volume-name.ts';
import { objectAt, placeOf } from '../store/ledger-state.ts';
import { objectCalled } from '../store/resolve.ts';
import type { Store } from '../store/store.ts';
import { readVersions } from '../versions/records.ts';
import { systemPlace } from './staging/change-version.ts';

/**
 * The branch or tag that a person means: by the id of a version its root, by the name of an image its tag, else
 * `TAG@VOLUME` or `VOLUME/BRANCH`. Throws Failure `no-object`, or `no-root` where the version is not made yet.
 */
export function objectMeant(store: Store, name: string): Place {
  if (/[@/]/.test(name)) return placeOf(store.state, objectCalled(store, parseObjectName(name)));
  const version = versionMeant(store, name);
  if (version !== null) return rootOf(store, version);
  const image = systemPlace('tag', name);
  if (objectAt(store.state, image) !== null) return image;
  throw new Failure({
    code: 'no-object',
    kind: 'input',
    message: `There is neither a version nor an image "${name}" in the store`,
    advice: 'See what there is with migrate versions, migrate image ls and migrate volume ls',
  });
}

/** The version of that id, or null. */
export function versionMeant({ files }: Store, id: string): VersionRecord | null {
  return readVersions(files).records.find((record) => record.id === id) ?? null;
}

/** The root of a version. Throws Failure `no-root`. */
export function rootOf({ state }: Store, { id, branch, state: reached }: VersionRecord): Place {
  const place = systemPlace('branch', branch);
  if (objectAt(state, place) !== null) return place;
  throw new Failure({
    code: 'no-root',
    kind: 'input',
    message: `${id} has no root in the store: it is ${reached}`,
    advice: 'Its image is there: name that, as migrate versions shows it',
  });
}
