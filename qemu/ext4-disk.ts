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
mke2fs -q -t ext4 -d root "$output"
`;

/** An ext4 filesystem without a label that holds the image; a few seconds. */
export async function ext4Disk(image: Image): Promise<Built> {
  return cached({
    name: `ext4-disk-${image.suite}`,
    inputs: [script, size, image.key, ...(await productContent())],
    make: async (path) => {
      await command('truncate', ['--size', size, path]);
      await inMounted([{ name: 'root', copyOf: image.root }], script, [installProduct, installGuest, path]);
    },
  });
}

/** An empty ext4 filesystem with the label DATA. */
export function ext4DataDisk(): Promise<Built> {
  return cached({
    name: 'ext4-disk-data',
    inputs: ['64M'],
    make: async (path) => {
      await command('truncate', ['--size', '64M', path]);
      await command('mke2fs', ['-q', '-t', 'ext4', '-L', 'DATA', path]);
    },
  });
}
