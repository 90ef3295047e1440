import { bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { Place } from '../../domain/volume.ts';
import { mountOf } from '../../files/location.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { displayPlace } from '../object-places.ts';
import { type LayerId, wholeFilesystem } from './layers.ts';

/** An empty directory, mounted over the store to hide it. */
const hidingDirectory = '/run/migrate/empty';

/** Whether the object is the root that was there before the store. */
export function isWholeFilesystem(layers: readonly LayerId[]): boolean {
  return layers[0] === wholeFilesystem;
}

/**
 * Mounts the root that was there before the store. To be written to it is the filesystem itself, as it was before; to be
 * read it is that with an empty directory in place of the store, which is no part of it. No overlay shows it, which would
 * lack the whiteouts in it: containers keep their layers there. Throws Failure `top-unreachable`.
 */
export function mountWholeFilesystem(
  system: System,
  files: Files,
  place: Place,
  { directory, writable }: { readonly directory: string; readonly writable: boolean },
): void {
  const { top, store } = topOf(system, files, place);
  system.mounts.bind(top, directory, { writable });
  if (writable) return;
  makeHidingDirectory(system);
  // What is mounted in it must not be mounted in the top too, where the store is in use.
  system.commands.run('mount', ['--make-private', directory]);
  system.mounts.bind(bytesOfText(hidingDirectory), `${directory}/${textOrBytes(store)}`, { writable });
}

/** The top of the store's filesystem, and the name of the store in it. */
function topOf(system: System, files: Files, place: Place): { top: string; store: string } {
  const { root, directory } = mountOf(system, files);
  const store = files.root.slice(directory === '/' ? 1 : directory.length + 1);
  if (root === '/' && store !== '' && !store.includes('/')) return { top: directory, store };
  throw new Failure({
    code: 'top-unreachable',
    kind: 'failed',
    message: `Cannot use ${displayPlace(place)}: it is all of the store's filesystem, whose top cannot be reached from ${textOrBytes(files.root)}`,
    advice: 'Mount that filesystem whole, and name the store in its top with --store',
  });
}

function makeHidingDirectory(system: System): void {
  const run = system.openRoot('/run');
  try {
    for (const path of ['/migrate', '/migrate/empty']) if (run.status(path) === null) run.makeDirectory(path);
  } finally {
    run.close();
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
