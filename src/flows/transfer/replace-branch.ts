import { errorCode, Failure, SystemCallError } from '../../domain/failure.ts';
import type { ObjectRecord, VolumeRecord } from '../../domain/volume.ts';
import { displayObject, displayPlace, noSuch, objectAt } from '../../store/ledger-state.ts';
import { makeObject } from '../../store/make-object.ts';
import { removeObject } from '../../store/remove-object.ts';
import type { Store } from '../../store/store.ts';
import { referencesIn } from '../volumes/references.ts';

/** A branch, by its name in a volume, and the tag that it is to go on with. */
export type Replacement = { readonly volume: VolumeRecord; readonly name: string; readonly tag: ObjectRecord };

/**
 * Has a branch go on with a tag. Whatever was written to it in the last moment is in the tag `kept`, which is made of it
 * first. Throws Failure `needed` where a version uses it, those of `removeObject` with nothing changed, and those of `makeObject`
 * with the branch as it was, where that can be.
 */
export function replaceBranch(
  store: Store,
  { volume, name, tag }: Replacement,
): { readonly made: ObjectRecord; readonly kept: ObjectRecord } {
  const at = { volume: volume.name, kind: 'branch', name } as const;
  const old = objectAt(store.state, at)?.record;
  if (old === undefined) throw noSuch(displayPlace(at));
  const [why] = referencesIn(store.files).to(at);
  if (why !== undefined) throw needed(displayPlace(at), why);
  const keeping = { volume, kind: 'tag', name: `pulled+${store.nextLine}`, from: old } as const;
  const kept = makeObject(store, { ...keeping, notes: { purpose: 'pulled' } });
  removeOrUndo(store, old, kept);
  return { made: makeOrPutBack(store, { volume, name, tag }, kept), kept };
}

/** Where the branch cannot be removed, such as one that is mounted, nothing has happened. */
function removeOrUndo(store: Store, old: ObjectRecord, kept: ObjectRecord): void {
  try {
    removeObject(store, old);
  } catch (error) {
    removeObject(store, kept);
    throw error;
  }
}

/** Where no branch can be made of what was fetched, the one that was there is made again of what it held. */
function makeOrPutBack(store: Store, { volume, name, tag }: Replacement, kept: ObjectRecord): ObjectRecord {
  try {
    return makeObject(store, { volume, kind: 'branch', name, from: tag });
  } catch (error) {
    const [shown, held] = [`${volume.name}/${name}`, displayObject(store.state, kept)];
    const isBack = isDone(() => makeObject(store, { volume, kind: 'branch', name, from: kept }));
    throw new Failure({
      code: errorCode(error) ?? 'failed',
      kind: 'failed',
      message: `Cannot replace ${shown}: ${error instanceof Error ? error.message : String(error)}`,
      advice: isBack
        ? `${shown} holds what it did, and so does the tag ${held}`
        : `${shown} is gone; what it held is the tag ${held}: migrate volume branch ${shown} ${held}`,
      cause: error,
    });
  }
}

/** Whether it could be done; why it could not is what the failure before it tells. */
function isDone(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return false;
  }
}

function needed(branch: string, why: string): Failure {
  return new Failure({
    code: 'needed',
    kind: 'failed',
    message: `Cannot replace ${branch}: ${why}`,
    advice: 'What was fetched is here as a tag; make a branch of another name of it with migrate volume branch',
  });
}
