import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Built, cached } from './cache.ts';
import { command } from './command.ts';
import type { Image } from './images.ts';
import { quoted } from './mounted.ts';

/**
 * ZFS's kernel modules for the image's kernel, to be copied over a root. Debian's contrib has their source (zfs-dkms),
 * which is built against Debian's headers in a Debian that is thrown away afterwards; four to ten minutes.
 */
export function zfsModules(image: Image): Promise<Built> {
  return cached({
    name: `zfs-modules-${image.suite}`,
    inputs: [image.kernel, ...mmdebstrapArguments(image, '')],
    make: async (path) => {
      await mkdir(join(path, modulesOf(image)), { recursive: true });
      await command('mmdebstrap', mmdebstrapArguments(image, path), { log: `${path}.log` });
      await command('rm', [`${path}.log`]);
    },
  });
}

function mmdebstrapArguments(image: Image, output: string): readonly string[] {
  // The package builds for the kernels it finds when it is configured, which may be none yet.
  const install = `dkms autoinstall -k ${image.kernel}`;
  return [
    '--variant=minbase',
    '--mode=root',
    '--format=null',
    '--components=main,contrib',
    `--include=linux-headers-${image.kernel},zfs-dkms`,
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Apt::Install-Recommends "false"',
    '--dpkgopt=path-exclude=/usr/share/man/*',
    '--dpkgopt=path-exclude=/usr/share/locale/*',
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    `--customize-hook=chroot "$1" ${install}`,
    // One before OpenZFS 2.2 comes in more parts than spl.ko and zfs.ko.
    `--customize-hook=cp "$1/${modulesOf(image)}"/*.ko* ${quoted(join(output, modulesOf(image)))}`,
    image.suite,
    '/dev/null',
  ];
}

/** Where dkms(8) puts what it has built, from the top of a root. */
function modulesOf({ kernel }: Image): string {
  return join('usr/lib/modules', kernel, 'updates/dkms');
}
