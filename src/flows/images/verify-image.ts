import { Failure } from '../../domain/failure.ts';
import { placeOf } from '../../store/ledger-state.ts';
import { readStore } from '../../store/open-store.ts';
import type { System } from '../../system/system.ts';
import { type DigestedTree, treeDigest } from '../../tree/tree-digest.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import { imageNamed } from './image-named.ts';

type Request = StoreRequest & {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: { readonly entries: number; readonly bytes: number }) => void;
};

/** Whether an image is still what was imported. */
export type VerifiedImage = {
  readonly name: string;
  readonly whole: boolean;
  /** The digest of its tree at its import, and now. */
  readonly imported: string;
  readonly now: DigestedTree;
};

/** Reads an image whole and compares its digest with that of its import. Throws Failure `no-image` or `no-digest`. */
export async function verifyImage(system: System, request: Request): Promise<VerifiedImage> {
  const { name, signal, onProgress } = request;
  return readStore(await placeOfStore(system, request), async (store) => {
    const image = imageNamed(store, name);
    const imported = image.notes['tree'];
    if (imported === undefined) throw noDigest(name);
    const now = await store.backend.withContent(placeOf(store.state, image), { writable: false }, async (directory) => {
      const files = system.openRoot(system.directory(directory));
      try {
        const watch: Request['onProgress'] = (done) => {
          signal.throwIfAborted();
          onProgress(done);
        };
        return await treeDigest(files, { streams: system.streams, onProgress: watch });
      } finally {
        files.close();
      }
    });
    return { name, whole: now.digest === imported, imported, now };
  });
}

function noDigest(name: string): Failure {
  return new Failure({
    code: 'no-digest',
    kind: 'failed',
    message: `Cannot verify the image ${name}: it came into the store without a digest of its tree`,
    advice: 'Bring it into the store anew, by another name: migrate stage SOURCE --name NAME --no-arm',
  });
}
