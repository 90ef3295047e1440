import { holdOfRemote, parseRemoteUrl, type Remote } from '../../domain/remote.ts';
import { releaseObject } from '../../store/hold.ts';
import { displayObject } from '../../store/ledger-state.ts';
import { changeStore, readStore } from '../../store/open-store.ts';
import { addRemote, readRemotes, remoteCalled, writeRemotes } from '../../store/remotes.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';

/** Adds a remote to a store. Throws Failure `remote-url`, `name` and `exists`. */
export async function addRemoteTo(system: System, request: StoreRequest & { readonly remote: Remote }): Promise<void> {
  parseRemoteUrl(request.remote.url);
  changeStore(await placeOfStore(system, request), ({ files }) => addRemote(files, request.remote));
}

/** The remotes of a store. */
export async function listRemotes(system: System, request: StoreRequest): Promise<readonly Remote[]> {
  return readStore(await placeOfStore(system, request), ({ files }) => readRemotes(files));
}

/**
 * Takes a remote away; what lies there stays. Tags that were kept for it may go again: returns their names. Throws Failure
 * `no-remote`.
 */
export async function removeRemote(
  system: System,
  request: StoreRequest & { readonly name: string },
): Promise<readonly string[]> {
  return changeStore(await placeOfStore(system, request), (store) => {
    const { files, state } = store;
    remoteCalled(files, request.name);
    const hold = holdOfRemote(request.name);
    const held = [...state.objects.values()].map(({ record }) => record).filter(({ holds }) => holds.includes(hold));
    for (const object of held) releaseObject(store, object, hold);
    writeRemotes(
      files,
      readRemotes(files).filter(({ name }) => name !== request.name),
    );
    return held.map((object) => displayObject(state, object));
  });
}
