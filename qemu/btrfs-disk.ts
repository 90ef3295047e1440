import { type Built, cached } from './cache.ts';
import { command } from './command.ts';
import { debianImage } from './images.ts';
import { inMounted } from './mounted.ts';
import { installGuest, installProduct, productContent } from './product.ts';

const size = '6G';

/** Images are read-only subvolumes, as on a machine that got them delivered; `@data` and `@early` hold data. */
const script = `
product=$1 guest=$2
shift 2
cd disk
mkdir @images
btrfs --quiet subvolume create @data
btrfs --quiet subvolume create @early
echo data > @data/marker
echo early > @early/marker
while [ $# -gt 0 ]; do
  btrfs --quiet subvolume create "@images/$1"
  cp -a "$2/." "@images/$1/"
  "$product" "$PWD/@images/$1"
  "$guest" "$PWD/@images/$1"
  btrfs property set "@images/$1" ro true
  shift 2
done
`;

/** A btrfs filesystem with the label ROOT that holds both images as `@images/<suite>`; a few seconds. */
export async function btrfsDisk(): Promise<Built> {
  const images = await Promise.all([debianImage('bookworm'), debianImage('trixie')]);
  return cached({
    name: 'btrfs-disk',
    inputs: [script, size, ...images.map((image) => image.key), ...(await productContent())],
    make: async (path) => {
      await command('truncate', ['--size', size, path]);
      await command('mkfs.btrfs', ['--quiet', '--label', 'ROOT', path]);
      const trees = images.flatMap((image) => [image.suite, image.root]);
      await inMounted([{ name: 'disk', disk: path, options: 'compress=zstd:1' }], script, [
        installProduct,
        installGuest,
        ...trees,
      ]);
    },
  });
}
