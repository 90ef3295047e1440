import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Built, cached } from './cache.ts';
import { command } from './command.ts';
import { debianWith, type Image, type Suite } from './images.ts';
import { quoted } from './mounted.ts';
import { zfsModules } from './zfs-modules.ts';

const assemble = `
set -eu
source=$1 output=$2 kernel=$3
shift 3
mkdir "$output"
cp -a "$source" "$output/root"
for tree in "$@"; do cp -a "$tree/." "$output/root/"; done
depmod --basedir "$output/root" "$kernel"
`;

/** The pristine image of a release for machines on ZFS: with its programs, kernel modules, and module of dracut. */
export async function debianWithZfs(suite: Suite): Promise<Image> {
  const image = await debianWith(suite, ['zfsutils-linux']);
  const trees = await Promise.all([zfsModules(image), zfsForDracut(suite)]);
  const built = await cached({
    name: `debian-${suite}-zfs`,
    inputs: [image.key, assemble, ...trees.map(({ key }) => key)],
    make: async (path) => {
      const args = [image.root, path, image.kernel, ...trees.map((tree) => tree.path)];
      await command('sh', ['-c', assemble, 'assemble', ...args]);
    },
  });
  return { ...built, suite, root: join(built.path, 'root'), kernel: image.kernel };
}

/**
 * What zfs-dracut, of Debian's contrib, has for dracut, to be copied over a root: installed, it asks for what builds the kernel
 * modules.
 */
function zfsForDracut(suite: Suite): Promise<Built> {
  const get = 'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download zfs-dracut';
  const unpack = (path: string): string => `cd ${quoted(path)} && ${get} && dpkg-deb -x zfs-dracut_*.deb .`;
  const args = (path: string): readonly string[] => [
    ...['--variant=custom', '--mode=root', '--format=null', '--components=main,contrib'],
    ...[`--customize-hook=${unpack(path)}`, suite, '/dev/null'],
  ];
  return cached({
    name: `zfs-dracut-${suite}`,
    inputs: args(''),
    make: async (path) => {
      await mkdir(path);
      await command('mmdebstrap', args(path));
      await command('sh', ['-c', `cd ${quoted(path)} && rm -r zfs-dracut_*.deb usr/share`]);
    },
  });
}
