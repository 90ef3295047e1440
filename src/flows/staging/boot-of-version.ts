import { displayBytes, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { mountsOf } from '../../domain/mountinfo.ts';
import type { RootPath } from '../../domain/path.ts';
import type { VersionBoot, VersionRecord } from '../../domain/version.ts';
import type { Place } from '../../domain/volume.ts';
import { type ImageKernel, imageFacts } from '../../images/image-facts.ts';
import type { BootLocation } from '../../storage/backend.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { inheritedOf, plainCommandLine } from '../../versions/command-line.ts';
import { withRoot } from '../with-root.ts';
import { systemPlace } from './change-version.ts';

/** Where an image may bring the initrd that holds the program. */
export const secondInitrdPath = '/usr/lib/migrate/migrate.cpio.zst';

/**
 * What a loader needs for a version, whose kernel is the newest of its image, or of `kernelIn`. Paths are from the top of the filesystem of
 * the store. Throws Failure `cannot-boot`.
 */
export function bootOf(
  store: Store,
  { id, image, branch }: VersionRecord,
  kernelIn: Place = systemPlace('tag', image),
): VersionBoot {
  const { backend, system } = store;
  const location = requireLocation(store, id, branch);
  const { kernel, hasProgram } = backend.withContent(kernelIn, { writable: false }, (directory) =>
    withRoot(system, directory, (files) => ({
      kernel: kernelOf(files),
      hasProgram: files.status(secondInitrdPath)?.type === 'file',
    })),
  );
  const inherited = inheritedOf(textOrBytes(system.readFile('/proc/cmdline')), leftBy(location, system));
  return {
    ...loadedFrom(store, kernelIn, kernel),
    secondInitrd: hasProgram ? pathIn(store, kernelIn, secondInitrdPath) : null,
    commandLine: plainCommandLine(location.root, inherited, location.words),
    root: location.root,
    unknown: {},
  };
}

/** What the running root is mounted from, where the next one is on another volume, which it has words for; else null. */
function leftBy({ words }: BootLocation, { readFile }: System): string | null {
  if (words === undefined) return null;
  const root = mountsOf(readFile('/proc/self/mountinfo')).findLast(({ directory }) => directory === '/');
  return root === undefined ? null : textOrBytes(root.source);
}

/** Where a loader finds a kernel of a branch or tag. */
export function loadedFrom(
  store: Store,
  place: Place,
  { kernel, initramfs, release }: ImageKernel,
): Pick<VersionBoot, 'kernel' | 'initrd' | 'kernelRelease'> {
  return {
    kernel: pathIn(store, place, kernel),
    initrd: pathIn(store, place, initramfs),
    kernelRelease: textOrBytes(release),
  };
}

/** A path in a branch or tag from the top of the filesystem. */
function pathIn({ backend }: Store, place: Place, path: RootPath | null): string {
  const location = backend.bootLocation(place);
  if (location?.pathOf !== undefined) return location.pathOf(path ?? '');
  return `/${location?.root.subvolume ?? ''}${textOrBytes(path ?? '')}`;
}

/** Where the root of a version is, or will be, for a kernel command line. Throws Failure `cannot-boot`. */
export function requireLocation({ backend }: Store, what: string, branch: string): BootLocation {
  const location = backend.bootLocation(systemPlace('branch', branch));
  if (location === null) {
    throw cannotBoot(
      what,
      `${backend.name} has nothing that root= could name`,
      'Use a store of the kind btrfs, overlay, lvm-thin or zfs; on ZFS, names without blanks',
    );
  }
  if (/^[^\s",]*$/.test(location.store.path)) return location;
  const why = `the path of the store, ${location.store.path}, has blanks, commas or quotes in it`;
  throw cannotBoot(what, why, 'No kernel command line could name it: make the store elsewhere');
}

/** The newest kernel of a root that has its modules and an initramfs. Throws Failure `cannot-boot`. */
export function kernelOf(files: Files): ImageKernel {
  const [newest] = wholeKernels(imageFacts(files).kernels);
  if (newest !== undefined) return newest;
  throw cannotBoot(
    `what is in ${displayBytes(files.root)}`,
    'there is no kernel with its modules and initramfs in /boot or /usr/lib/modules',
    'Install a kernel there, or have its initramfs made',
  );
}

/** Those that have their modules and an initramfs, newest first; 6.12 is newer than 6.9. */
export function wholeKernels(kernels: readonly ImageKernel[]): ImageKernel[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return kernels
    .filter(({ kernel, hasModules, initramfs }) => kernel !== null && initramfs !== null && hasModules)
    .sort((a, b) => compare(b.release, a.release));
}

/** Nothing could start it. */
export function cannotBoot(id: string, why: string, advice?: string): Failure {
  const message = `Cannot make ${id} boot: ${why}`;
  return new Failure({ code: 'cannot-boot', kind: 'failed', message, ...(advice === undefined ? {} : { advice }) });
}
