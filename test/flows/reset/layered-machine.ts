import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { grub } from '../../../src/boot/grub/loader.ts';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { migrateAtBoot } from '../../../src/flows/migrate-at-boot.ts';
import { bootEntry } from '../../../src/flows/staging/boot-entry.ts';
import { importImage } from '../../../src/flows/staging/import-image.ts';
import { initMachine } from '../../../src/flows/staging/init-machine.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { overlayNewRoot } from '../../../src/storage/overlay/new-root-kind.ts';
import type { StorePlace } from '../../../src/store/open-store.ts';
import type { System } from '../../../src/system/system.ts';
import { system } from '../../storage/objects.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { type Content, fill } from '../staging/machine.ts';

const storage = { newRoots: [overlayNewRoot], changeSources: [], storeKinds };
export const loaderKinds = [{ name: 'grub', load: () => Promise.resolve(grub) }];

/** A machine whose root is the filesystem around its store, with the version `twelve.1`. */
export type LayeredMachine = {
  readonly top: string;
  readonly device: string;
  readonly place: StorePlace;
  /** Puts an image into the store. */
  readonly importFrom: (name: string, content: Content) => Promise<unknown>;
};

/** Makes one on ext4, of an image and of what the machine has besides. For programs that `runLayered` runs. */
export async function withLayeredMachine(
  { image, used }: { readonly image: Content; readonly used: Content },
  body: (machine: LayeredMachine) => Promise<void>,
): Promise<void> {
  await withFilesystem('ext4', async (top) => {
    const work = mkdtempSync('/run/work-');
    fill(top, { ...image, ...used });
    const device = execFileSync('findmnt', ['-no', 'SOURCE', top], { encoding: 'utf8' }).trim();
    const findKind = (name: string) => (name === 'overlay' ? overlayBackend : null);
    const place = { system, directory: bytesOfText(join(top, 'migrate')), findKind };
    const importFrom = (name: string, content: Content): Promise<unknown> => {
      const source = fill(join(work, name), content);
      const request = { source, name, digest: null, signature: null, onProgress: () => undefined };
      return importImage(place, { ...request, signal: new AbortController().signal });
    };
    await initMachine(system, {
      ...{ root: top, host: 'atlas', storeKinds, declareVolumes: false },
      importBase: async () => {
        await importFrom('twelve', image);
        return 'twelve';
      },
    });
    await body({ top, device, place, importFrom });
  });
}

/** The boot that was started with that command line. */
export async function boot(line: string, through: System = system): Promise<void> {
  const events = { onMessage: () => undefined, onProgress: () => undefined, onPlan: () => undefined };
  const readFile = (path: string): string => (path === '/proc/cmdline' ? bytesOfText(line) : system.readFile(path));
  await migrateAtBoot({ ...through, readFile }, { ...storage, loaderKinds }, events);
}

/** The kernel command line by which a version is booted. */
export function lineOf({ place, device }: LayeredMachine, id: string): string {
  // The loop device of a test has no link to it in /dev/disk.
  return bootEntry(place, id).commandLine.replaceAll(/UUID=[0-9a-f-]+/g, device);
}

/** What a boot mounts is gone with its power. The machine's own /run may have mounts too, which lie below this one's. */
export function unmountAll(): void {
  const script = `
set -eu
findmnt --raw --noheadings --output TARGET | grep "^/run/migrate" | sort -r | while read -r place; do
  if mountpoint --quiet "$place"; then umount --lazy "$place"; fi
done
`;
  execFileSync('sh', ['-c', script]);
}
