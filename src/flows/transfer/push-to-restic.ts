import { bytesOfText } from '../../domain/bytes.ts';
import { mountsOf } from '../../domain/mountinfo.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { asciiJson } from '../../domain/volume-json.ts';
import { displayObject, placeOf } from '../../store/ledger-state.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import type { System } from '../../system/system.ts';
import type { Offer } from '../../transfer/peer.ts';
import { backUp, ensureRepository, findSnapshots, type ResticRepository } from '../../transfer/restic.ts';
import { lockInStore } from '../lock-in-store.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import type { OnProgress } from '../progress.ts';
import { objectToSend, type VolumeObject } from './object-to-send.ts';
import { renamed } from './plan-push.ts';
import { recordEnding, recordSchema, requireRestic, resticLock } from './restic-record.ts';
import { type SendRequest, withOutgoing } from './send-tag.ts';
import { currentTag, keepSent, tagToSend } from './sent-tag.ts';
import { checking } from './transfer-hooks.ts';

type Request = StoreRequest & {
  readonly name: string;
  readonly repository: string;
  /** What the branch is to be called there; null for its own name. */
  readonly as: string | null;
  /** Only say what would be done. */
  readonly plan: boolean;
  /** Whether a repository is made where there is none. */
  readonly init: boolean;
  readonly withoutNested: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
};

/** A tag that a repository has. */
export type BackedUp = {
  readonly outcome: 'sent' | 'up-to-date' | 'would-send';
  /** Null where it would have to be made. */
  readonly tag: string | null;
  readonly snapshot: string | null;
  readonly bytes: number | null;
  /** What the repository grew by. */
  readonly added: number | null;
};

/**
 * Hands a tag, or what a branch holds now, to restic. Throws Failure `restic` with its own words, `no-restic`, and those of
 * `objectToSend`.
 */
export async function pushToRestic(system: System, request: Request): Promise<BackedUp> {
  requireRestic(system);
  const place = await placeOfStore(system, request);
  const meant = readStore(place, (store) => objectToSend(store, request.name));
  const restic: ResticRepository = { system, repository: request.repository };
  if (request.init && !request.plan) ensureRepository(restic);
  const current = readStore(place, (store) => currentTag(store, meant, request.onProgress));
  const branch = meant.object.kind === 'branch' ? [`branch:${request.as ?? meant.object.name}`] : [];
  const known = current === null ? null : (findSnapshots(restic, [uuidTag(current), ...branch]).at(-1)?.id ?? null);
  if (request.plan || (current !== null && known !== null)) {
    const tag = current === null ? null : shownTag(place, current);
    return { ...nothingSent, tag, snapshot: known, outcome: known === null ? 'would-send' : 'up-to-date' };
  }
  const tag = current ?? tagToSend(place, meant, request);
  const tags = [`volume:${meant.volume.name}`, ...branch, uuidTag(tag)];
  const hooks = { signal: request.signal, onProgress: checking(request.onProgress) };
  const { id, bytes, added } = await withOutgoing(place, archiveOf(tag), hooks, ({ offer }) =>
    withStablePath(place, meant, { ...offer, origin: renamed(offer.origin, request.as) }, (paths) =>
      backUp(restic, {
        ...{ paths, host: hostOf(place), tags, signal: request.signal },
        onBytes: (done, total) => request.onProgress({ phase: 'send', done, total, unit: 'bytes' }),
      }),
    ),
  );
  changeStore(place, (store) => keepSent(store, tag, null));
  return { outcome: 'sent', tag: shownTag(place, tag), snapshot: id, bytes, added };
}

/** As an archive holds it, so restic does: without sockets and flags. */
function archiveOf({ uuid }: ObjectRecord): SendRequest {
  return { object: uuid, format: 'tar', parent: null };
}

const nothingSent = { bytes: null, added: null } as const;

function hostOf(place: StorePlace): string {
  return readStore(place, ({ state }) => state.identity.host);
}

function shownTag(place: StorePlace, tag: ObjectRecord): string {
  return readStore(place, ({ state }) => displayObject(state, tag));
}

function uuidTag({ uuid }: ObjectRecord): string {
  return `uuid:${uuid}`;
}

/**
 * Mounts a tag read-only where its branch always is while restic reads it, with a record of it beside: restic finds what it
 * has read before by the path. What a run that was killed has left there is taken away.
 */
async function withStablePath<Result>(
  place: StorePlace,
  { volume, object }: VolumeObject,
  offer: Offer,
  use: (paths: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const { system } = place;
  const release = lockInStore(place, resticLock);
  try {
    return await readStore(place, async ({ backend, state }) => {
      const { instance } = state.identity;
      const directory = `/run/migrate/restic/${instance}/${volume.name}/${object.kind}/${object.name}`;
      if (isMounted(system, directory)) system.mounts.unmount(directory);
      const record = `${directory}${recordEnding}`;
      system.writeFile(record, `${asciiJson({ schema: recordSchema, ...offer })}\n`);
      backend.mount(placeOf(state, offer.object), directory, { writable: false });
      try {
        return await use([directory, record]);
      } finally {
        system.mounts.unmount(directory);
      }
    });
  } finally {
    release();
  }
}

function isMounted({ readFile }: System, directory: string): boolean {
  return mountsOf(readFile('/proc/self/mountinfo')).some((mount) => mount.directory === bytesOfText(directory));
}
