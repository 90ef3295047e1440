import { displayPlace } from '../../store/ledger-state.ts';
import { readStore } from '../../store/open-store.ts';
import type { System } from '../../system/system.ts';
import { readVersions } from '../../versions/records.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import { systemPlace } from '../staging/change-version.ts';
import { imagesIn, usersOf } from './image-named.ts';

/** An image of the store, as its import noted it; null is what it did not note. */
export type ListedImage = {
  readonly name: string;
  /** When it came, in ISO 8601. */
  readonly at: string;
  /** What the system in it calls itself. */
  readonly system: string | null;
  /** `sha256:…` of what it was unpacked from. */
  readonly digest: string | null;
  readonly signer: string | null;
  /** Bytes of its files. */
  readonly bytes: number | null;
  readonly source: string | null;
  /** The versions that use it, by their ids. */
  readonly versions: readonly string[];
  readonly holds: readonly string[];
  /** Whether somebody has made it writable: it may not be what came any more. */
  readonly writable: boolean;
};

export type ImageList = {
  /** In the order in which they came. */
  readonly images: readonly ListedImage[];
  /** Why a file is no record of a version, so that it is not known what that uses. */
  readonly problems: readonly string[];
};

/** The images of a store. */
export async function listImages(system: System, request: StoreRequest): Promise<ImageList> {
  return readStore(await placeOfStore(system, request), (store) => {
    const { records, damaged } = readVersions(store.files);
    const writable = new Set(store.backend.writableTags?.().map(({ place }) => displayPlace(place)));
    const images = imagesIn(store).map(({ name, at, notes, holds }) => {
      const { name: prettyName = null, digest = null, signer = null, source = null, bytes } = notes;
      const versions = usersOf(name, records).map(({ id }) => id);
      const isWritable = writable.has(displayPlace(systemPlace('tag', name)));
      const noted = { name, at, system: prettyName, digest, signer, bytes: countOf(bytes), source };
      return { ...noted, versions, holds, writable: isWritable };
    });
    return { images, problems: damaged.map(({ message }) => message) };
  });
}

function countOf(note: string | undefined): number | null {
  return note !== undefined && /^[0-9]{1,15}$/.test(note) ? Number(note) : null;
}
