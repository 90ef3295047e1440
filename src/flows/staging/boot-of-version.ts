import { textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { VersionBoot, VersionRecord } from '../../domain/version.ts';
import type { Place } from '../../domain/volume.ts';
import { type ImageKernel, imageFacts } from '../../images/image-facts.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import { inheritedWords, plainCommandLine } from '../../versions/command-line.ts';
import { withRoot } from '../with-root.ts';
import { systemPlace } from './change-version.ts';

/** Where an image may bring the initrd that holds the program. */
const secondInitrd = '/usr/lib/migrate/migrate.cpio.zst';

/**
 * What a loader needs for a version, whose kernel is the newest of its image, or of `kernelIn`. Paths are from the top of the filesystem of
 * the store. Throws Failure `cannot-boot`.
 */
export function bootOf(
  { backend, system }: Store,
  { id, image, branch }: VersionRecord,
  kernelIn: Place = systemPlace('tag', image),
): VersionBoot {
  const location = backend.bootLocation(systemPlace('branch', branch));
  const images = backend.bootLocation(kernelIn);
  if (location === null || images === null) {
    throw cannotBoot(id, `${backend.name} has nothing that root= could name`, 'Use a store on btrfs');
  }
  if (!/^[^\s",]+$/.test(location.store.path)) {
    const why = `the path of the store, ${location.store.path}, has blanks, commas or quotes in it`;
    throw cannotBoot(id, why, 'No kernel command line could name it: make the store elsewhere');
  }
  const { kernel, hasProgram } = backend.withContent(kernelIn, { writable: false }, (directory) =>
    withRoot(system, directory, (files) => ({
      kernel: kernelOf(files),
      hasProgram: files.status(secondInitrd)?.type === 'file',
    })),
  );
  const inImage = (path: string | null): string => `/${images.root.subvolume}${textOrBytes(path ?? '')}`;
  return {
    kernel: inImage(kernel.kernel),
    initrd: inImage(kernel.initramfs),
    secondInitrd: hasProgram ? inImage(secondInitrd) : null,
    commandLine: plainCommandLine(location.root, inheritedWords(textOrBytes(system.readFile('/proc/cmdline')))),
    kernelRelease: textOrBytes(kernel.release),
    root: location.root,
    unknown: {},
  };
}

/** The newest kernel of a root that has its modules and an initramfs. Throws Failure `cannot-boot`. */
export function kernelOf(files: Files): ImageKernel {
  const [newest] = wholeKernels(imageFacts(files).kernels);
  if (newest !== undefined) return newest;
  throw cannotBoot('it', 'there is no kernel with its modules and initramfs in /boot or /usr/lib/modules');
}

/** Those that have their modules and an initramfs, newest first; 6.12 is newer than 6.9. */
export function wholeKernels(kernels: readonly ImageKernel[]): ImageKernel[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return kernels
    .filter(({ kernel, hasModules, initramfs }) => kernel !== null && initramfs !== null && hasModules)
    .sort((a, b) => compare(b.release, a.release));
}

function cannotBoot(id: string, why: string, advice?: string): Failure {
  const message = `Cannot make ${id} boot: ${why}`;
  return new Failure({ code: 'cannot-boot', kind: 'failed', message, ...(advice === undefined ? {} : { advice }) });
}
