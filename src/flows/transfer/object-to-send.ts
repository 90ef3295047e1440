import { Failure } from '../../domain/failure.ts';
import { boundBranch, systemVolume } from '../../domain/version.ts';
import type { ObjectRecord, VolumeRecord } from '../../domain/volume.ts';
import { parseVolumeName } from '../../domain/volume-name.ts';
import { objectsIn } from '../../store/ledger-state.ts';
import { objectCalled, volumeCalled } from '../../store/resolve.ts';
import type { Store } from '../../store/store.ts';
import { readVersions } from '../../versions/records.ts';
import { runningVersionOf } from '../running-version.ts';

/** A branch or tag with the volume that it is of. */
export type VolumeObject = { readonly volume: VolumeRecord; readonly object: ObjectRecord };

/**
 * What a person means by a name: `VOLUME/BRANCH`, `TAG@VOLUME`, or `VOLUME` for its only branch or the one that the running
 * version uses. Throws Failure `name`, `no-object` and `which-branch`.
 */
export function objectToSend(store: Store, text: string): VolumeObject {
  const name = parseVolumeName(text);
  const volume = volumeCalled(store, name);
  const object = name.kind === 'volume' ? branchMeant(store, volume) : objectCalled(store, name);
  return { volume, object };
}

/** The branch of a volume that is meant where none is named. */
function branchMeant(store: Store, volume: VolumeRecord): ObjectRecord {
  const branches = objectsIn(store.state, volume.uuid).filter(({ kind }) => kind === 'branch');
  const [only] = branches;
  if (only !== undefined && branches.length === 1) return only;
  const running = branches.length === 0 ? null : branchOfRunning(store, volume.name);
  const branch = branches.find(({ name }) => name === running);
  if (branch !== undefined) return branch;
  const names = branches.map(({ name }) => `${volume.name}/${name}`).join(', ');
  throw new Failure({
    code: 'which-branch',
    kind: 'input',
    message: `Cannot tell which branch of ${volume.name} is meant: ${names === '' ? 'it has none' : `it has ${names}`}`,
    advice: 'Name it as VOLUME/BRANCH, or a tag as TAG@VOLUME',
  });
}

function branchOfRunning({ system, files }: Store, volume: string): string | null {
  const version = runningVersionOf(system, readVersions(files).records);
  if (version === null) return null;
  return volume === systemVolume ? version.branch : boundBranch(version, volume);
}
