import { displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { marksAmong } from '../../domain/layer-marks.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import { unlessGone } from '../../files/unless-gone.ts';
import type { Store } from '../../store/store.ts';
import type { Files, Status } from '../../system/files.ts';
import { boundaryBetween, inodeKey } from '../../tree/boundary.ts';
import type { At } from '../restore/copy-path.ts';

/** What a copy takes. */
export type Size = { readonly bytes: number; readonly entries: number };

export const noSize: Size = { bytes: 0, entries: 0 };

/** What a filesystem takes for the smallest file, and for a directory. */
const block = 4096;

/** Entries between two words on progress. */
const entriesOfStep = 4096;

export type Measuring = {
  readonly store: Store;
  /** Where the path of what is measured begins in the version; for messages. */
  readonly within: RootPath | '';
  /** Hears how many entries were looked at since it heard last. */
  readonly onEntries: (count: number) => void;
};

/**
 * What the first filling of a volume takes from what stands at a path; nothing where the store shares the content of files.
 * As in the copy, other filesystems and subvolumes are left out. Throws Failure `holds-layers` where something cannot be
 * content of the store.
 */
export function measureFilling(from: At, { store, within, onEntries }: Measuring): Size {
  const { holdsLayers } = store.backend.capabilities;
  const isShared = sharesContent(store, from.files);
  if (isShared && holdsLayers) return noSize;
  const size = { bytes: 0, entries: 0 };
  const linked = new Set<string>();
  let heard = 0;
  for (const found of walk(from)) {
    if (!holdsLayers) refuseLayers(from.files, found, within);
    heard += 1;
    if (heard % entriesOfStep === 0) {
      // A reset is staged by a boot, which is given up when nothing is heard of it.
      store.system.signOfProgress();
      onEntries(entriesOfStep);
    }
    if (isKnown(found.status, linked)) continue;
    size.bytes += bytesOf(found.status);
    size.entries += 1;
  }
  onEntries(heard % entriesOfStep);
  return isShared ? noSize : size;
}

/** How many files are asked before their content is taken for one that is not shared. */
const filesAsked = 64;

/**
 * Whether copies of a tree's files into the store take no room, as on btrfs. One file tells: all lie in one filesystem, and
 * so do the store and its branches, but where these lie in a pool. One that alone cannot be shared, such as a swap file,
 * tells nothing of the others.
 */
export function sharesContent({ backend, files }: Store, source: Files): boolean {
  if (backend.room !== undefined) return false;
  let asked = 0;
  for (const { path, status } of walk({ files: source, path: '/' })) {
    if (status.type !== 'file' || status.size === 0) continue;
    const answer = unlessGone(() => files.canShare(source, path), null);
    if (answer !== null) return answer;
    asked += 1;
    if (asked === filesAsked) return false;
  }
  return false;
}

type Found = { readonly path: RootPath; readonly status: Status };

/**
 * The path itself and all below it, where that is of the same filesystem and subvolume; sockets are not copied. The root is
 * in use: what goes while it is measured takes nothing.
 */
function* walk({ files, path: top }: At): Generator<Found> {
  const home = files.status(top);
  // In a loop, as a path may be deeper than calls can be nested.
  const left = [top];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const status = files.status(path);
    if (home === null || status === null || status.type === 'socket') continue;
    if (boundaryBetween(home, status) !== null) continue;
    yield { path, status };
    if (status.type !== 'directory') continue;
    for (const name of unlessGone(() => files.list(path), [])) left.push(childOf(path, name));
  }
}

/** Whether it is another name of a file that was met before. */
function isKnown(status: Status, linked: Set<string>): boolean {
  if (status.type === 'directory' || status.inode.links < 2) return false;
  const key = inodeKey(status);
  const known = linked.has(key);
  linked.add(key);
  return known;
}

function bytesOf({ type, size, allocated }: Status): number {
  if (type === 'directory') return block;
  return Math.ceil((allocated ?? size) / block) * block;
}

/** As the storage would, when it comes to make a branch of what was copied. */
function refuseLayers(files: Files, { path, status: { type } }: Found, within: string): void {
  const [mark] =
    type === 'file' || type === 'directory' ? marksAmong(unlessGone(() => files.xattrNames(path), [])) : [];
  if (type !== 'whiteout' && mark === undefined) return;
  throw new Failure({
    code: 'holds-layers',
    kind: 'failed',
    message: `Cannot fill a volume with ${displayBytes(`${within}${path}`)}: it is ${mark === undefined ? 'a whiteout' : `marked ${mark}`}, as in the layers of containers, which this store cannot hold`,
    advice:
      'Remove what they belong to with the engine that made them, such as the images of containers, or declare no volume there',
  });
}
