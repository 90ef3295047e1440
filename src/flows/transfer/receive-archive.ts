import { errorCode, Failure } from '../../domain/failure.ts';
import { type Limits, usualLimits } from '../../images/limits.ts';
import { unpackStream } from '../../images/unpack-stream.ts';
import { placeOf } from '../../store/ledger-state.ts';
import { changeStore, readStore } from '../../store/open-store.ts';
import { makeUnpackingBranch } from '../../store/receive-object.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import { treeDigest } from '../../tree/tree-digest.ts';
import type { ReceiveJob } from './receive-job.ts';

/**
 * Unpacks an archive into a branch, which every kind of storage has. Gives what makes the tag of it, once it has turned
 * out to be what was sent.
 */
export async function receiveArchive(job: ReceiveJob): Promise<(store: Store) => void> {
  const { place, receiving } = job;
  const branch = changeStore(place, (store) => makeUnpackingBranch(store, receiving));
  await readStore(place, ({ backend, state, system }) =>
    backend.withContent(placeOf(state, branch), { writable: true }, async (directory) => {
      const into = system.openRoot(system.directory(directory));
      try {
        await unpack(into, job);
      } finally {
        into.syncFilesystem();
        into.close();
      }
    }),
  );
  return ({ backend, state }) => {
    backend.snapshot(placeOf(state, branch), placeOf(state, receiving.object), receiving.sidecar);
  };
}

/** Data may be more than any image is; what the disk takes is what there is. */
const limits: Limits = { ...usualLimits, bytes: Number.POSITIVE_INFINITY, entries: Number.POSITIVE_INFINITY };

async function unpack(into: Files, { place, request, bytes, hooks }: ReceiveJob): Promise<void> {
  const { signal, onProgress } = hooks;
  try {
    // How far it has come, the stream itself tells.
    await unpackStream(bytes, { into, limits, hooks: { signal, onProgress: () => undefined } });
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error);
  }
  const { digest } = await treeDigest(into, {
    ...{ streams: place.system.streams, archived: true },
    onProgress: (done) => {
      signal.throwIfAborted();
      onProgress({ phase: 'check', bytes: done.bytes });
    },
  });
  if (digest === request.proof) return;
  throw damaged(`what was unpacked is ${digest}, and ${request.proof} was sent`);
}

/** What unpacking says of an image, said of what was sent. */
function failureOf(error: unknown): unknown {
  if (!(error instanceof Failure) || errorCode(error)?.startsWith('image-') !== true) return error;
  const why = error.message.replace(/^Cannot use the image: /, '');
  if (error.code !== 'image-too-large') return damaged(why, error);
  return new Failure({ code: 'no-space', kind: 'failed', message: `Cannot receive the archive: ${why}`, cause: error });
}

function damaged(why: string, cause?: unknown): Failure {
  return new Failure({ code: 'stream-damaged', kind: 'failed', message: `Cannot receive the archive: ${why}`, cause });
}
