import { Failure } from '../../domain/failure.ts';
import { notesOfOrigin, remoteHead } from '../../domain/origin.ts';
import type { ObjectRecord, VolumeRecord } from '../../domain/volume.ts';
import { displayObject, objectsIn } from '../../store/ledger-state.ts';
import type { Incoming } from '../../store/receive-object.ts';
import type { Store } from '../../store/store.ts';
import type { PutRequest } from '../../transfer/peer.ts';
import { receivedTagName, receivedVolumeName } from '../../transfer/received-names.ts';
import { madeFor } from '../../versions/carry-out-bindings.ts';
import { receivedNote } from './received-note.ts';

/** What the store makes of an offer: the names that it is to have here, and the notes that tell where it comes from. */
export function incomingOf(
  store: Store,
  { volume, object, origin, format, parent, proof, leftOut }: PutRequest,
): Incoming {
  const known = store.state.volumes.get(volume.uuid)?.record;
  const notes = {
    ...contentNotes(object.notes),
    ...(origin === null ? {} : notesOfOrigin(origin)),
    ...receivedNote,
    ...(format === 'tar' ? { tree: proof } : {}),
    ...(leftOut.length === 0 ? {} : { without: [object.notes['without'] ?? [], leftOut].flat().join(' ') }),
  };
  return {
    ...{ uuid: object.uuid, at: object.at, notes, from: format === 'tar' ? null : parent },
    name: receivedTagName(object, takenNames(store, volume)),
    volume: known ?? { ...volume, name: receivedVolumeName(volume) },
  };
}

const ownNotes: ReadonlySet<string> = new Set([
  ...['purpose', 'receiving', 'branch', 'branchUuid', 'sourceOrder', 'sourceFrom', madeFor],
]);

/**
 * What a tag was made for at its source counts there alone: here something else may be removed for the same word. Of which
 * branch it is the offer itself says, for that is what the head is compared by.
 */
function contentNotes(all: ObjectRecord['notes']): ObjectRecord['notes'] {
  const { purpose } = all;
  const notes = Object.fromEntries(Object.entries(all).filter(([key]) => !ownNotes.has(key)));
  return purpose === undefined ? notes : { ...notes, sourcePurpose: purpose };
}

/** Of tags that are being received too. */
function takenNames({ state }: Store, { uuid }: VolumeRecord): ReadonlySet<string> {
  const begun = [...state.intents.values()].map(({ object }) => object).filter(({ volume }) => volume === uuid);
  const tags = [...objectsIn(state, uuid), ...begun].filter(({ kind }) => kind === 'tag');
  return new Set(tags.map(({ name }) => name));
}

/** Throws Failure `diverged` where the remote branch has another head than the sender has seen. */
export function requireHead({ state }: Store, { volume, object, origin, expects }: PutRequest): void {
  if (origin === null) return;
  const head = remoteHead(objectsIn(state, volume.uuid), origin);
  if ((head?.uuid ?? null) === expects) return;
  const [shown, seen] = [head === null ? 'gone' : `at ${displayObject(state, head)}`, expects ?? 'nothing'];
  throw new Failure({
    code: 'diverged',
    kind: 'failed',
    message: `Cannot receive ${object.name}: the branch ${origin.branch} is ${shown} here, and the sender has seen ${seen}`,
    advice: 'Fetch it, and run this again',
  });
}
