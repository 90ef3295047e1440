import { mkdtempSync, rmSync } from 'node:fs';
import type { BootRequest } from '../../src/domain/boot-request.ts';
import { bytesOfText } from '../../src/domain/bytes.ts';
import { mountsOf } from '../../src/domain/mountinfo.ts';
import type { Place } from '../../src/domain/volume.ts';
import type { Backend } from '../../src/storage/backend.ts';
import type { NewRoot } from '../../src/storage/new-root.ts';
import type { System } from '../../src/system/system.ts';
import { branch, makeImage, type Store, system, type TestedKind, tag, withStore } from './objects.ts';

/** The version whose root a boot makes. */
export const newVersion = branch('trixie.2', 'system');

/** A store with an image, and what the command line of a boot says that makes `newVersion`. */
export type Machine = Store & {
  readonly request: BootRequest;
  /** As each try of a boot does. */
  readonly prepare: (changed?: Partial<BootRequest>) => NewRoot;
};

/** A kind of storage that makes roots, with an empty pool for each machine. */
export type NewRootSubject = {
  readonly kind: () => TestedKind;
  readonly prepare: (request: BootRequest, workDirectory: string, system: System) => NewRoot;
};

/** Hands on a machine whose branch `image` is its old root, and whose tag `image` is the new image. */
export async function withMachine(
  { kind, prepare }: NewRootSubject,
  body: (machine: Machine) => void | Promise<void>,
): Promise<void> {
  const work = mkdtempSync('/run/migrate-test-');
  try {
    await withStore(kind(), 'ext4', (store) => {
      makeImage(store.backend);
      const request = requestOf(store.backend);
      return body({ ...store, request, prepare: (changed) => prepare({ ...request, ...changed }, work, system) });
    });
  } finally {
    rmSync(work, { recursive: true });
  }
}

function requestOf(backend: Backend): BootRequest {
  const at = (place: Place): BootRequest['root'] => {
    const location = backend.bootLocation(place);
    if (location === null) throw new Error('it has no location');
    return location.root;
  };
  const image = at(tag('image'));
  const common = { version: newVersion.name, store: null, enabled: true, base: image, new: image };
  return { ...common, root: at(newVersion), old: at(branch('image')) };
}

/** Puts the root that is mounted at `at` into the machine's store, as `migrate init` does. */
export function takeOver(
  { takeOverVolume }: TestedKind,
  { directory, pool }: { readonly directory: string; readonly pool: string },
  { at, place }: { readonly at: string; readonly place: Place },
): void {
  const root = mountsOf(system.readFile('/proc/self/mountinfo')).find((one) => one.directory === bytesOfText(at));
  if (root === undefined || takeOverVolume === undefined) throw new Error(`nothing at ${at} can be taken over`);
  takeOverVolume({ directory: bytesOfText(directory), pool }, system, { root, place });
}
