import { type Built, cached } from './cache.ts';
import { command } from './command.ts';
import type { Image } from './images.ts';
import { inMounted } from './mounted.ts';
import { installGuest, installProduct, productContent } from './product.ts';

const size = '1200M';

const script = `
product=$1 guest=$2 output=$3
"$product" "$PWD/root"
"$guest" "$PWD/root"
if [ "$4" = ext4 ]; then
  mke2fs -q -t ext4 -d root "$output"
else
  mkfs.xfs -q "$output"
  mkdir filesystem
  mount -o loop,nouuid "$output" filesystem
  cp -a root/. filesystem/
  umount filesystem
fi
`;

/** What a partition of a scenario can be formatted with. */
export type PartitionFilesystem = 'ext4' | 'xfs';

/** A filesystem without a label that holds the image; a few seconds. */
export async function partitionDisk(image: Image, filesystem: PartitionFilesystem): Promise<Built> {
  return cached({
    name: `${filesystem}-disk-${image.suite}`,
    inputs: [script, size, image.key, ...(await productContent())],
    make: async (path) => {
      await command('truncate', ['--size', size, path]);
      const args = [installProduct, installGuest, path, filesystem];
      await inMounted([{ name: 'root', copyOf: image.root }], script, args);
    },
  });
}

/** An empty ext4 filesystem with the label DATA. */
export function dataDisk(): Promise<Built> {
  return cached({
    name: 'ext4-disk-data',
    inputs: ['64M'],
    make: async (path) => {
      await command('truncate', ['--size', '64M', path]);
      await command('mke2fs', ['-q', '-t', 'ext4', '-L', 'DATA', path]);
    },
  });
}
