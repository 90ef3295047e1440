import { displayBytes } from '../../domain/bytes.ts';
import { systemVolume, type VersionRecord } from '../../domain/version.ts';
import type { Place } from '../../domain/volume.ts';
import type { Finding } from '../../store/finding.ts';
import { displayObject, displayPlace, objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import { holdOf, objectsOf } from '../../versions/objects-of-versions.ts';
import { readReplaced, readVersions } from '../../versions/records.ts';

/** What the versions of a store lack: branches and tags that they need, and records. What is held for one tells of it. */
export function versionFindings(store: Store): Finding[] {
  const { records, damaged } = readVersions(store.files);
  const unreadable = damaged.map(({ message }) => finding('versions', message));
  const lacking = records.flatMap((version) =>
    neededBy(version)
      .filter((place) => objectAt(store.state, place) === null)
      .map((place) => finding(version.id, `it is ${version.state}, and needs ${displayPlace(place)}, which is gone`)),
  );
  // One that cannot be read may be the one that is looked for.
  return [...unreadable, ...lacking, ...(damaged.length === 0 ? heldForNone(store, records) : [])];
}

/** What has to be there for a version to be made, or to be booted. */
function neededBy(version: VersionRecord): Place[] {
  const { state, removing, image, base } = version;
  if (removing || state === 'failed') return [];
  if (state === 'trial' || state === 'good' || state === 'retired') return objectsOf(version);
  return [image, ...(base === null ? [] : [base])].map((name) => ({ volume: systemVolume, kind: 'tag', name }));
}

function heldForNone({ state, files }: Store, records: readonly VersionRecord[]): Finding[] {
  const known = new Set([...records, ...readReplaced(files)].map(({ id }) => holdOf(id)));
  return [...state.objects.values()].flatMap(({ record }) =>
    record.holds
      .filter((hold) => hold.startsWith(holdOf('')) && !known.has(hold))
      .map((hold) => finding(displayObject(state, record), `it is held for ${hold}, which has no record in versions`)),
  );
}

function finding(what: string, detail: string): Finding {
  return { kind: 'version', severity: 'error', what: displayBytes(what), detail };
}
