import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { StorePlace } from '../store/open-store.ts';

/** What only one process does with a store at a time, and how another is told so. */
export type LockedWork = { readonly file: RootPath; readonly code: string; readonly message: string };

/** Takes a lock of its own in a store, which is not locked by it; gives what lets go of it. Throws Failure of that code. */
export function lockInStore({ system, directory }: StorePlace, { file, code, message }: LockedWork): () => void {
  const files = system.openRoot(directory);
  const release = files.lock(file, 0);
  if (release === null) {
    files.close();
    throw new Failure({ code, kind: 'failed', message, advice: 'Wait for it to end, and run this again' });
  }
  return () => {
    release();
    files.close();
  };
}
