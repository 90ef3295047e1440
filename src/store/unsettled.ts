import { Failure } from '../domain/failure.ts';
import { displayObject, type Intent } from './ledger-state.ts';
import { isBeingReceived } from './receiving-lock.ts';
import type { Store } from './store.ts';

/** Whether a process that lives is about it, without the store being locked meanwhile. */
export function isGoingOn({ files }: Store, { what, object }: Intent): boolean {
  return what === 'receive' && isBeingReceived(files, object.uuid);
}

/** What was begun with a place and is not settled. Throws Failure `unfinished`, or `busy` where it is being received. */
export function requireSettled(store: Store, name: string, isAbout: (intent: Intent) => boolean): void {
  const { state } = store;
  const intent = state.intents.values().find(isAbout);
  if (intent === undefined) return;
  if (isGoingOn(store, intent)) throw beingReceived(name);
  throw new Failure({
    code: 'unfinished',
    kind: 'failed',
    message: `Cannot use ${name}: an earlier ${intent.what} of ${displayObject(state, intent.object)} is not finished`,
    advice: 'migrate volume fsck says what is in its way',
  });
}

function beingReceived(name: string): Failure {
  return new Failure({
    code: 'busy',
    kind: 'failed',
    message: `Cannot use ${name}: it is being received from another store`,
    advice: 'Wait for that to end, and run this again',
  });
}
