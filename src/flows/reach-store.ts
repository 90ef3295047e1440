import { type ByteString, bytesOfText } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { mountsOf } from '../domain/mountinfo.ts';
import { layersOfRoot, storeInRoot, storeOfRoot } from '../domain/store-of-root.ts';
import type { System } from '../system/system.ts';

/** Where the store is found on a machine that was started from it. */
export const usualStore = '/run/migrate/store';

/**
 * On a machine that was started from a store, makes the store be where commands look for it: the filesystem's top, in
 * which it lies, is mounted nowhere. Only root can look into it there. Any other directory is left as it is. Throws
 * Failure `no-store` where there is no such directory.
 */
export function reachStore(system: System, directory: string): void {
  if (directory === usualStore) bindUsualStore(system);
  if (system.exists(directory)) return;
  throw new Failure({
    code: 'no-store',
    kind: 'input',
    message: `There is no store in ${directory}: it does not exist`,
    advice: 'Name the directory with --store DIR or MIGRATE_STORE; migrate init puts this machine into a store',
  });
}

function bindUsualStore(system: System): void {
  if (system.exists(`${usualStore}/store.json`)) return;
  const running = mountsOf(system.readFile('/proc/self/mountinfo'));
  const store = storeOfRoot(running);
  if (store === null) {
    const layers = layersOfRoot(running);
    const directory = layers?.directory ?? (system.exists(`${storeInRoot}/store.json`) ? storeInRoot : null);
    if (directory !== null) linkUsualStore(system, directory);
    return;
  }
  const { mounts } = system;
  const location = { device: store.device, subvolume: null };
  mounts.withMounted(
    (top) => mounts.mount(location, top, { writable: true, top: true }),
    { writable: true },
    (top) => mounts.bind(`${bytesOfText(top)}${store.directory}`, usualStore, { writable: true }),
  );
}

/** A link, and no mount: from the store one must get to the top of its filesystem. */
function linkUsualStore(system: System, directory: ByteString): void {
  const run = system.openRoot('/run');
  try {
    if (run.status('/migrate') === null) run.makeDirectory('/migrate');
    if (run.status('/migrate/store') === null) run.makeSymlink('/migrate/store', directory);
  } finally {
    run.close();
  }
}
