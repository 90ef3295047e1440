import type { ByteString } from '../domain/bytes.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { refused } from './image-failure.ts';
import { machineOfElf } from './machine-of-elf.ts';
import { parseOsRelease } from './os-release.ts';
import { readInside, resolveInside } from './read-inside.ts';

/** A kernel of the image: where it and its initramfs lie, as far as the image has them. */
export type ImageKernel = {
  readonly release: ByteString;
  readonly hasModules: boolean;
  readonly kernel: RootPath | null;
  readonly initramfs: RootPath | null;
};

/** What an image is, by its own word; texts are empty where it says nothing (os-release(5)). */
export type ImageFacts = {
  readonly id: string;
  readonly versionId: string;
  readonly imageId: string;
  readonly imageVersion: string;
  readonly prettyName: string;
  /** As `ConditionArchitecture=` of systemd.unit(5) names it: `x86-64`, `arm64`, …; empty where nothing tells. */
  readonly architecture: string;
  readonly kernels: readonly ImageKernel[];
};

/** os-release(5): the second serves where the first is not there. */
const releaseFiles: readonly RootPath[] = ['/etc/os-release', '/usr/lib/os-release'];

/** Programs that any system has one of. */
const programs: readonly RootPath[] = ['/usr/lib/systemd/systemd', '/bin/sh', '/usr/bin/env', '/sbin/init'];

/**
 * What the tree says of itself. Throws Failure `not-an-image` where it is no operating system: one has `/usr`, and says
 * what it is in os-release, or has a kernel.
 */
export function imageFacts(files: Files): ImageFacts {
  const release = releaseFiles.map((path) => readInside(files, path)).find((content) => content !== null) ?? null;
  const kernels = kernelsOf(files);
  if (files.status('/usr')?.type !== 'directory') throw notAnImage('it has no directory /usr');
  if (release === null && kernels.length === 0) throw notAnImage('it has neither /usr/lib/os-release nor a kernel');
  const values = parseOsRelease(release ?? '');
  const value = (name: string): string => values.get(name) ?? '';
  return {
    id: value('ID'),
    versionId: value('VERSION_ID'),
    imageId: value('IMAGE_ID'),
    imageVersion: value('IMAGE_VERSION'),
    prettyName: value('PRETTY_NAME'),
    architecture: value('ARCHITECTURE') || architectureOf(files),
    kernels,
  };
}

function notAnImage(reason: string): Error {
  return refused('not-an-image', `${reason}, so it is no operating system`, {
    advice: 'Give the whole root filesystem of a system; an archive has it at its top, not in a directory',
  });
}

function architectureOf(files: Files): string {
  for (const program of programs) {
    const machine = machineOfElf(readInside(files, program) ?? '');
    if (machine !== null) return machine;
  }
  return '';
}

function kernelsOf(files: Files): ImageKernel[] {
  const modules = resolveInside(files, '/usr/lib/modules') ?? resolveInside(files, '/lib/modules');
  const withModules = new Set(modules === null ? [] : directoriesIn(files, modules));
  const inBoot = namesIn(files, '/boot').flatMap((name) => (name.startsWith('vmlinuz-') ? [name.slice(8)] : []));
  return [...new Set([...withModules, ...inBoot])].sort().map((release) => {
    const own = modules === null ? null : childOf(modules, release);
    const find = (places: readonly (RootPath | null)[]): RootPath | null =>
      places.find((path) => isFile(files, path)) ?? null;
    const inOwn = (name: string): RootPath | null => (own === null ? null : childOf(own, name));
    return {
      release,
      hasModules: withModules.has(release),
      kernel: find([inOwn('vmlinuz'), `/boot/vmlinuz-${release}`]),
      initramfs: find([
        inOwn('initramfs.img'),
        inOwn('initrd'),
        `/boot/initrd.img-${release}`,
        `/boot/initramfs-${release}.img`,
        `/boot/initrd-${release}`,
      ]),
    };
  });
}

function isFile(files: Files, path: RootPath | null): boolean {
  const resolved = path === null ? null : resolveInside(files, path);
  return resolved !== null && files.status(resolved)?.type === 'file';
}

function directoriesIn(files: Files, directory: RootPath): ByteString[] {
  return namesIn(files, directory).filter((name) => files.status(childOf(directory, name))?.type === 'directory');
}

function namesIn(files: Files, directory: RootPath): ByteString[] {
  return files.status(directory)?.type === 'directory' ? files.list(directory) : [];
}
