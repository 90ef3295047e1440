import { bytesOfText } from '../../domain/bytes.ts';
import { errorCode } from '../../domain/failure.ts';
import type { VersionBoot, VersionRecord } from '../../domain/version.ts';
import type { Place } from '../../domain/volume.ts';
import { type ImageKernel, imageFacts } from '../../images/image-facts.ts';
import { displayPlace, objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import { withRoot } from '../with-root.ts';
import { cannotBoot, loadedFrom, wholeKernels } from './boot-of-version.ts';
import { systemPlace } from './change-version.ts';

/** The files of a kernel as a loader finds them. */
type LoadedKernel = Pick<VersionBoot, 'kernel' | 'initrd' | 'kernelRelease'>;

/** A kernel of a branch or tag. */
export type FoundKernel = { readonly loaded: LoadedKernel; readonly place: Place; readonly kernel: ImageKernel };

/** The kernel that was noted of a version when it was staged. Throws Failure `cannot-boot` where it or its image is gone. */
export function kernelOfImage(store: Store, version: VersionRecord, boot: VersionBoot): FoundKernel {
  const place = systemPlace('tag', version.image);
  const kernels = lookInto(store, version, place, (files) => wholeKernels(imageFacts(files).kernels));
  const found = kernels.map((kernel) => ({ loaded: loadedFrom(store, place, kernel), place, kernel }));
  const noted = found.find(({ loaded: { kernel, initrd } }) => kernel === boot.kernel && initrd === boot.initrd);
  if (noted !== undefined) return noted;
  const why = `${displayPlace(place)} does not have its kernel ${boot.kernelRelease} any more`;
  throw cannotBoot(version.id, why, `See whether it still is what came: migrate image verify ${version.image}`);
}

/** The newest kernel that the image of a version brings; null where it brings none. Throws Failure `cannot-boot` where it is gone. */
export function newestOfImage(store: Store, version: VersionRecord): FoundKernel | null {
  const place = systemPlace('tag', version.image);
  const [newest] = lookInto(store, version, place, (files) => wholeKernels(imageFacts(files).kernels));
  return newest === undefined ? null : { loaded: loadedFrom(store, place, newest), place, kernel: newest };
}

/**
 * The newest kernel that a root has itself, with its modules and initramfs: the one that its package manager updates, and
 * whose initramfs knows its settings. Where the root has none, as with a `/boot` of its own, the one of its image, if it
 * has the modules of that. Throws Failure `cannot-boot`.
 */
export function kernelOfRoot(
  store: Store,
  version: VersionRecord,
  boot: VersionBoot,
): { readonly found: FoundKernel; readonly notes: readonly string[] } {
  const place = systemPlace('branch', version.branch);
  const kernels = lookInto(store, version, place, (files) => imageFacts(files).kernels);
  const [newest] = wholeKernels(kernels);
  if (newest !== undefined) {
    const loaded = loadedFrom(store, place, newest);
    const notes = loaded.kernelRelease === boot.kernelRelease ? [] : [otherKernel(loaded, boot)];
    return { found: { loaded, place, kernel: newest }, notes };
  }
  const hasModules = kernels.some((one) => one.hasModules && one.release === bytesOfText(boot.kernelRelease));
  if (hasModules) return { found: kernelOfImage(store, version, boot), notes: [] };
  const why = `its root has no kernel with modules and initramfs, nor the modules of ${boot.kernelRelease}, the kernel of its image`;
  throw cannotBoot(version.id, why, 'Install a kernel in it, or stage its image anew, with migrate stage');
}

/**
 * The kernel of a root before its newest one, with its modules and initramfs, for as long as the package manager keeps that
 * there; null where it has no two. Throws Failure `cannot-boot` where the root is gone.
 */
export function kernelBefore(store: Store, version: VersionRecord): FoundKernel | null {
  const place = systemPlace('branch', version.branch);
  const [, before] = lookInto(store, version, place, (files) => wholeKernels(imageFacts(files).kernels));
  return before === undefined ? null : { loaded: loadedFrom(store, place, before), place, kernel: before };
}

/** Throws Failure `cannot-boot` where a version needs what is gone. */
export function requireThere(store: Store, version: VersionRecord, place: Place): void {
  lookInto(store, version, place, () => undefined);
}

const advice = 'migrate volume fsck says what is gone';

function lookInto<Result>(store: Store, version: VersionRecord, place: Place, use: (files: Files) => Result): Result {
  const { state, backend, system } = store;
  const gone = `${displayPlace(place)}, which it needs, is gone`;
  if (objectAt(state, place) === null) throw cannotBoot(version.id, gone, advice);
  try {
    return backend.withContent(place, { writable: false }, (directory) => withRoot(system, directory, use));
  } catch (error) {
    if (errorCode(error) === 'no-object') throw cannotBoot(version.id, gone, advice);
    throw error;
  }
}

function otherKernel({ kernelRelease }: LoadedKernel, { kernelRelease: before }: VersionBoot): string {
  return `the newest kernel of its root is ${kernelRelease}, which this entry starts; its image has ${before}`;
}
