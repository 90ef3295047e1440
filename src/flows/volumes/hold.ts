import { parseObjectName } from '../../domain/volume-name.ts';
import { holdObject, releaseObject } from '../../store/hold.ts';
import { displayObject } from '../../store/ledger-state.ts';
import { changeStore } from '../../store/open-store.ts';
import { objectCalled } from '../../store/resolve.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';

type Request = StoreRequest & {
  readonly action: 'hold' | 'release';
  readonly name: string;
  /** Who needs it. */
  readonly hold: string;
};

/** Who holds a branch or tag after a change of that. */
export type Held = { readonly name: string; readonly holds: readonly string[] };

/** Keeps a branch or tag from being removed, or lets it go again. */
export async function changeHold(system: System, request: Request): Promise<Held> {
  const name = parseObjectName(request.name);
  return changeStore(await placeOfStore(system, request), (store) => {
    const change = request.action === 'hold' ? holdObject : releaseObject;
    const object = change(store, objectCalled(store, name), request.hold);
    return { name: displayObject(store.state, object), holds: object.holds };
  });
}
