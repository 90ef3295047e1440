import { imagePurpose } from '../../domain/image.ts';
import { systemVolume } from '../../domain/version.ts';
import type { ObjectRecord, VolumeRecord } from '../../domain/volume.ts';
import { requirePartName } from '../../domain/volume-name.ts';
import { type Hooks, usualLimits } from '../../images/limits.ts';
import { type ImageSource, openImageSource } from '../../images/open-image-source.ts';
import { trustedDirectories } from '../../images/trust/trusted-keys.ts';
import type { Unpacked } from '../../images/unpack-image.ts';
import { objectAt, placeOf, volumeNamed } from '../../store/ledger-state.ts';
import { makeObject } from '../../store/make-object.ts';
import { makeVolume } from '../../store/make-volume.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import { removeObject } from '../../store/remove-object.ts';
import type { Store } from '../../store/store.ts';
import { treeDigest } from '../../tree/tree-digest.ts';
import { lockInStore } from '../lock-in-store.ts';
import { tidyUp } from './drop-version.ts';
import { emptyScratch, makeScratch } from './import-scratch.ts';
import { importLock, objectsFor, purposes } from './purposes.ts';

export type ImportRequest = Hooks & {
  /** What `openImageSource` takes. */
  readonly source: string;
  /** What the tag is to be called; null for the name that the image suggests. */
  readonly name: string | null;
  /** `sha256:…` that it must have, and the file of its detached signature where that does not lie beside it. */
  readonly digest: string | null;
  readonly signature: string | null;
};

/** An image that is in the store as a tag of the volume `system`. */
export type ImportedImage = Pick<Unpacked, 'facts' | 'digest' | 'signer' | 'leftOut'> & {
  readonly tag: string;
  /** False where the same image was there already. */
  readonly isNew: boolean;
};

/** An image with the digest of its tree, by which `migrate image verify` tells whether it still is what came. */
type Digested = Unpacked & { readonly tree: string };

const locked = {
  ...{ file: importLock, code: 'import-running' },
  message: 'Cannot unpack an image: another one is being unpacked into the store',
};

/**
 * Unpacks and verifies an image and makes it a tag, which is there whole or not at all; what an import that was killed
 * has left is removed by the next. Throws Failure `name`, `exists` where another image has the name, `import-running`, and those
 * of `openImageSource` and `unpackImage`.
 */
export async function importImage(place: StorePlace, request: ImportRequest): Promise<ImportedImage> {
  if (request.name !== null) requirePartName(request.name);
  const source = await openImageSource(request.source, place.system);
  const release = lockInStore(place, locked);
  try {
    const branch = changeStore(place, beginImport);
    const imported = await unpackInto(place, branch, source, request)
      .then((unpacked) => changeStore(place, (store) => tagImage(store, branch, unpacked, request)))
      .catch((error) => {
        tidyUp(place, removeLeftOver);
        throw error;
      });
    changeStore(place, removeLeftOver);
    return imported;
  } finally {
    release();
  }
}

/** The caller holds the lock of imports: what is there for one is of one that was killed. */
function removeLeftOver(store: Store): void {
  for (const branch of objectsFor(store, purposes.import)) removeObject(store, branch);
  emptyScratch(store);
}

function beginImport(store: Store): ObjectRecord {
  removeLeftOver(store);
  const volume = systemOf(store);
  return makeObject(store, {
    ...{ volume, kind: 'branch', name: `unpacking-${store.nextLine}`, from: null },
    notes: { purpose: purposes.import },
  });
}

/** The volume of images and roots, which is made with the first image. */
function systemOf(store: Store): VolumeRecord {
  return volumeNamed(store.state, systemVolume) ?? makeVolume(store, { name: systemVolume, class: 'system' });
}

/** The store is not locked meanwhile: an image takes minutes. */
function unpackInto(
  place: StorePlace,
  branch: ObjectRecord,
  source: ImageSource,
  { digest, signature, onProgress, signal }: ImportRequest,
): Promise<Digested> {
  return readStore(place, (store) => {
    const scratch = makeScratch(store);
    return store.backend.withContent(placeOf(store.state, branch), { writable: true }, async (directory) => {
      const into = place.system.openRoot(place.system.directory(directory));
      try {
        const options = { digest, signature, trustedDirectories, limits: usualLimits, scratch };
        const unpacked = await source.unpack(into, options, { onProgress, signal });
        const { digest: tree } = await treeDigest(into, {
          streams: place.system.streams,
          onProgress: ({ bytes: done, entries }) => {
            signal.throwIfAborted();
            onProgress({ phase: 'check', done, total: null, unit: 'bytes', entries });
          },
        });
        return { ...unpacked, tree };
      } finally {
        into.syncFilesystem();
        into.close();
      }
    });
  });
}

function tagImage(
  store: Store,
  from: ObjectRecord,
  unpacked: Digested,
  { name, source }: ImportRequest,
): ImportedImage {
  const { facts, digest, signer, leftOut, suggestedTag } = unpacked;
  const tag = name ?? suggestedTag;
  const imported = { tag, facts, digest, signer, leftOut };
  const known = objectAt(store.state, { volume: systemVolume, kind: 'tag', name: tag })?.record;
  if (known !== undefined && isSame(known, unpacked)) return { ...imported, isNew: false };
  makeObject(store, { volume: systemOf(store), kind: 'tag', name: tag, from, notes: notesOf(source, unpacked) });
  return { ...imported, isNew: true };
}

/**
 * The same archive, or one with the same in it: a directory has no digest of its own. Only what was unpacked here has been
 * compared with its digest.
 */
function isSame({ notes }: ObjectRecord, { digest, tree }: Digested): boolean {
  if (notes['purpose'] !== imagePurpose) return false;
  return (digest !== null && notes['digest'] === digest) || notes['tree'] === tree;
}

function notesOf(source: string, { facts, digest, signer, bytes, tree }: Digested): ObjectRecord['notes'] {
  return {
    purpose: imagePurpose,
    source,
    ...(facts.prettyName === '' ? {} : { name: facts.prettyName }),
    ...(digest === null ? {} : { digest }),
    ...{ tree, bytes: String(bytes) },
    ...(signer === null ? {} : { signer: `${signer.key}: ${signer.comment}`, key: signer.keyId }),
  };
}
