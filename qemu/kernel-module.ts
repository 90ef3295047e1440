import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Built, cached, contentOf } from './cache.ts';
import { command } from './command.ts';
import type { Image } from './images.ts';
import { quoted } from './mounted.ts';
import { project } from './product.ts';

const source = join(project, 'qemu', 'module');

/**
 * A directory with `migrate_hello.ko`, built out of the kernel's tree against Debian's headers for the image's kernel,
 * in a Debian that is thrown away afterwards; about a minute.
 */
export async function kernelModule(image: Image): Promise<Built> {
  return cached({
    name: `kernel-module-${image.suite}`,
    inputs: [image.key, await contentOf(source)],
    make: async (path) => {
      await mkdir(path);
      await command('mmdebstrap', mmdebstrapArguments(image, path), { log: `${path}.log` });
      await command('rm', [`${path}.log`]);
    },
  });
}

function mmdebstrapArguments(image: Image, output: string): readonly string[] {
  const make = `make -C /usr/src/linux-headers-${image.kernel} M=/module modules`;
  return [
    '--variant=minbase',
    '--mode=root',
    '--format=null',
    `--include=linux-headers-${image.kernel},make`,
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Apt::Install-Recommends "false"',
    '--dpkgopt=path-exclude=/usr/share/man/*',
    '--dpkgopt=path-exclude=/usr/share/locale/*',
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    `--customize-hook=cp -r ${quoted(source)} "$1/module"`,
    `--customize-hook=chroot "$1" ${make}`,
    `--customize-hook=cp "$1/module/migrate_hello.ko" ${quoted(output)}`,
    image.suite,
    '/dev/null',
  ];
}
