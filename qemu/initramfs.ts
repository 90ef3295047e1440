import { type Built, cached } from './cache.ts';
import type { Image } from './images.ts';
import { inMounted } from './mounted.ts';
import { installProduct, productContent } from './product.ts';

/** `migrate` has our dracut module, `plain` lacks it, `no-systemd` has the module and an init without systemd. */
export type InitramfsKind = 'migrate' | 'plain' | 'no-systemd';

const withoutSystemd = 'bash base btrfs kernel-modules rootfs-block udev-rules fs-lib usrmount shutdown migrate';

const dracutOptions: Readonly<Record<InitramfsKind, readonly string[]>> = {
  migrate: ['--add', 'migrate'],
  plain: [],
  'no-systemd': ['--modules', withoutSystemd],
};

/** Made by the image's own dracut in a copy of the image, as a builder of images would make it. */
const script = `
kind=$1 kernel=$2 product=$3 output=$4
shift 4
[ "$kind" = plain ] || "$product" "$PWD/root"
inside root <<END
dracut --quiet --force --reproducible --no-hostonly --no-hostonly-cmdline --zstd --kver $kernel $* /tmp/initramfs
END
cp root/tmp/initramfs "$output"
`;

/** The initramfs of an image; 10 to 40 s where it is not in the cache. */
export async function initramfsOf(image: Image, kind: InitramfsKind): Promise<Built> {
  const product = kind === 'plain' ? [] : await productContent();
  const options = dracutOptions[kind].map((option) => `'${option}'`);
  return cached({
    name: `initramfs-${image.suite}-${kind}`,
    inputs: [image.key, script, ...options, ...product],
    make: async (path) => {
      await inMounted([{ name: 'root', copyOf: image.root }], script, [
        kind,
        image.kernel,
        installProduct,
        path,
        ...options,
      ]);
    },
  });
}
