import { parseObjectName } from '../../domain/volume-name.ts';
import { type Ancestor, ancestryOf } from '../../store/ancestry.ts';
import { displayObject } from '../../store/ledger-state.ts';
import { readStore } from '../../store/open-store.ts';
import { objectCalled } from '../../store/resolve.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';

/** A line of descent, the youngest first. */
export type NamedAncestry = {
  readonly line: readonly (Ancestor & { readonly name: string })[];
  /** Whether the last of them was made from something that the ledger does not know any more. */
  readonly goesOn: boolean;
};

/** What a branch or tag was made from, what that was made from, and so on. */
export async function showAncestry(
  system: System,
  request: StoreRequest & { readonly name: string },
): Promise<NamedAncestry> {
  const name = parseObjectName(request.name);
  return readStore(await placeOfStore(system, request), (store) => {
    const { line, unknown } = ancestryOf(store.state, objectCalled(store, name));
    const named = line.map((ancestor) => ({ ...ancestor, name: displayObject(store.state, ancestor.object) }));
    return { line: named, goesOn: unknown !== null };
  });
}
