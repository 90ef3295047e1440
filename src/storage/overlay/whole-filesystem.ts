import { type ByteString, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { childOf } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { displayPlace } from '../object-places.ts';
import { mountOfStore } from '../store-filesystem.ts';
import { copyAttributes } from './branch-directory.ts';
import { type LayerId, wholeFilesystem } from './layers.ts';

/** Where a whiteout hides the store: it must not lie on the store's filesystem, and nobody else gets to it. */
const hidingDirectory = '/run/migrate/hidden';

/** Whether the object is the root that was there before the store. */
export function isWholeFilesystem(layers: readonly LayerId[]): boolean {
  return layers[0] === wholeFilesystem;
}

/**
 * Mounts the root that was there before the store. To be written to it is the filesystem itself, as it was before; to be
 * read it is that without the store, which is no part of it. Throws Failure `top-unreachable`.
 */
export function mountWholeFilesystem(
  system: System,
  files: Files,
  place: Place,
  { directory, writable }: { readonly directory: string; readonly writable: boolean },
): void {
  const { top, store } = topOf(system, files, place);
  if (writable) {
    system.mounts.bind(top, directory, { writable });
    return;
  }
  const name = displayPlace(place);
  system.mounts.overlay({ name, upper: null, lower: [hiding(system, { top, store }), top] }, directory, { writable });
}

/** The top of the store's filesystem, and the name of the store in it. */
function topOf(system: System, files: Files, place: Place): { top: string; store: string } {
  const { root, directory } = mountOfStore(system, files);
  const store = files.root.slice(directory === '/' ? 1 : directory.length + 1);
  if (root === '/' && store !== '' && !store.includes('/')) return { top: directory, store };
  throw new Failure({
    code: 'top-unreachable',
    kind: 'failed',
    message: `Cannot use ${displayPlace(place)}: it is all of the store's filesystem, whose top cannot be reached from ${textOrBytes(files.root)}`,
    advice: 'Mount that filesystem whole, and name the store in its top with --store',
  });
}

/**
 * A directory with a whiteout of that name (Documentation/filesystems/overlayfs.rst). As the topmost layer it is what the
 * root of the mount looks like, and so looks like the top itself.
 */
function hiding(system: System, { top, store }: { readonly top: ByteString; readonly store: string }): string {
  const [run, filesystem] = [system.openRoot('/run'), system.openRoot(top)];
  try {
    for (const path of ['/migrate', '/migrate/hidden']) if (run.status(path) === null) run.makeDirectory(path);
    const whiteout = childOf('/migrate/hidden', store);
    if (run.status(whiteout) === null) run.makeNode(whiteout, 'character', { major: 0, minor: 0 });
    const model = filesystem.entry('/');
    if (model !== null) copyAttributes(run, '/migrate/hidden', model);
    return hidingDirectory;
  } finally {
    run.close();
    filesystem.close();
  }
}

/** What lies outside the store cannot be kept as a layer: whoever starts that root goes on writing to it. */
export function refuseWholeFilesystem(place: Place, layers: readonly LayerId[]): void {
  if (!isWholeFilesystem(layers)) return;
  throw new Failure({
    code: 'not-layered',
    kind: 'failed',
    message: `Cannot take the content of ${displayPlace(place)}: it was there before the store, and lies beside it`,
    advice: 'Go to a version that was made from an image; its content is kept in layers',
  });
}
