import type { StoreRequest } from '../flows/place-of-store.ts';
import type { Console } from './console.ts';
import type { Context } from './context.ts';
import { requireRoot, storeOf } from './options.ts';

/** The store that a command is about. Throws Failure `not-root`. */
export function storeRequest(
  { system, storeKinds }: Context,
  args: { readonly store?: string | undefined },
  command: string,
): StoreRequest {
  requireRoot(system, command);
  return { directory: storeOf(args), storeKinds };
}

/** Prints a result: as one document of JSON, or for a person. */
export function printResult(
  console: Console,
  { json }: { readonly json: boolean },
  { document, text }: { readonly document: object; readonly text: string },
): void {
  console.out(json ? `${JSON.stringify(document)}\n` : text);
}
