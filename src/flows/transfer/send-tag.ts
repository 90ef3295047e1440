import { Failure } from '../../domain/failure.ts';
import type { StreamFormat } from '../../domain/stream-format.ts';
import type { ObjectRecord, Uuid } from '../../domain/volume.ts';
import { displayObject, noSuch, placeOf, volumeOf } from '../../store/ledger-state.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import { originOfTag } from '../../store/origin-of-tag.ts';
import type { Store } from '../../store/store.ts';
import type { ByteStream } from '../../system/streams.ts';
import type { Offer } from '../../transfer/peer.ts';
import { treeDigest } from '../../tree/tree-digest.ts';
import { archiving, whole } from '../export/tar-options.ts';
import type { TransferHooks } from './transfer-hooks.ts';

/** The tag that is sent, in what form, and the tag that the other end has already, on top of which it is sent. */
export type SendRequest = {
  readonly object: Uuid;
  readonly format: StreamFormat;
  readonly parent: Uuid | null;
};

/** A tag that is on its way: `bytes` are read once, and while they are, the tag stays. */
export type Outgoing = { readonly offer: Offer; readonly bytes: ByteStream };

/**
 * Hands on a tag as a stream of bytes with all that a receiver has to know before. An archive is read twice: once for the
 * digest that the receiver compares with what it has unpacked. Throws Failure `no-object`, `parent-missing` and `format`; what
 * goes wrong on the way comes out of the stream.
 */
export function withOutgoing<Result>(
  place: StorePlace,
  request: SendRequest,
  hooks: TransferHooks,
  use: (outgoing: Outgoing) => Promise<Result>,
): Promise<Result> {
  return readStore(place, async (store) => {
    const tag = tagOf(store, request.object);
    if (tag === null) throw noSuch(`a tag of the uuid ${request.object}`);
    const facts = { volume: volumeOf(store.state, tag), object: tag, origin: originOfTag(store.state, tag) };
    if (request.format !== 'tar') {
      const { format, proof, bytes } = nativeStream(store, tag, request, hooks.signal);
      return await use({ offer: { ...facts, format, parent: request.parent, proof, leftOut: [] }, bytes });
    }
    return await withArchive(store, tag, hooks, ({ proof, leftOut, bytes }) =>
      use({ offer: { ...facts, format: 'tar', parent: null, proof, leftOut }, bytes }),
    );
  });
}

function tagOf({ state }: Store, uuid: Uuid): ObjectRecord | null {
  const record = state.objects.get(uuid)?.record;
  return record?.kind === 'tag' ? record : null;
}

function nativeStream({ backend, state }: Store, tag: ObjectRecord, request: SendRequest, signal: AbortSignal) {
  const { native, capabilities } = backend;
  if (native === null || !capabilities.streams.some((format) => format === request.format)) {
    throw new Failure({
      code: 'format',
      kind: 'failed',
      message: `Cannot send ${displayObject(state, tag)} as a stream of ${request.format}: the store is on ${backend.name}`,
    });
  }
  const parent = request.parent === null ? null : (state.objects.get(request.parent)?.record ?? null);
  if (request.parent !== null && parent?.kind !== 'tag') {
    throw new Failure({
      code: 'parent-missing',
      kind: 'failed',
      message: `Cannot send ${displayObject(state, tag)} on top of ${request.parent}: there is no such tag`,
    });
  }
  return native.send(placeOf(state, tag), { parent: parent === null ? null : placeOf(state, parent), signal });
}

const mostLeftOut = { names: 1000, characters: 16 * 1024 } as const;

/** They go into the notes of the tag, which are short: of very many some are named, and the others counted. */
function shortened(paths: readonly string[]): readonly string[] {
  const named: string[] = [];
  let characters = 0;
  for (const path of paths.slice(0, mostLeftOut.names)) {
    characters += path.length;
    if (characters > mostLeftOut.characters) break;
    named.push(path);
  }
  const more = paths.length - named.length;
  return more === 0 ? named : [...named, `and ${more} more`];
}

type Archive = { readonly proof: string; readonly leftOut: readonly string[]; readonly bytes: ByteStream };

function withArchive<Result>(
  { backend, state, system }: Store,
  tag: ObjectRecord,
  { signal, onProgress }: TransferHooks,
  use: (archive: Archive) => Promise<Result>,
): Promise<Result> {
  return backend.withContent(placeOf(state, tag), { writable: false }, async (root) => {
    const files = system.openRoot(system.directory(root));
    try {
      const { digest: proof, leftOut } = await treeDigest(files, {
        ...{ streams: system.streams, archived: true },
        onProgress: ({ bytes }) => {
          signal.throwIfAborted();
          onProgress({ phase: 'check', bytes });
        },
      });
      const bytes = system.streams.output('tar', [...whole, ...archiving(root, '-')], { signal });
      return await use({ proof, leftOut: shortened(leftOut), bytes });
    } finally {
      files.close();
    }
  });
}
