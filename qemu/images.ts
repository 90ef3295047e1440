import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Built, cached } from './cache.ts';
import { command } from './command.ts';
import { bootstrap, bootstrapOptions, type Suite } from './debian-root.ts';

export type { Suite };

/** A pristine Debian as it comes from the mirror: `root` is its tree, never written again. */
export type Image = Built & {
  readonly suite: Suite;
  readonly root: string;
  /** The release of its one kernel, such as `6.1.0-50-cloud-amd64`. */
  readonly kernel: string;
};

const packages = [
  ['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'linux-image-cloud-amd64', 'dracut-core', 'zstd'],
  ['e2fsprogs', 'btrfs-progs', 'xfsprogs', 'libstdc++6'],
  ['openssh-server', 'sudo', 'cron', 'acl', 'attr', 'libcap2-bin'],
].flat();

const excluded = ['/usr/share/man', '/usr/share/locale', '/usr/share/doc'];
const options = bootstrapOptions(packages, excluded);

/**
 * What a builder of images removes before delivery: traces of the machine that built it, keys that every machine makes
 * for itself, and the initramfs of Debian's own hook, for ours come from dracut.
 */
const finish = `
set -eu
echo debian > "$1/etc/hostname"
: > "$1/etc/resolv.conf"
rm -f "$1"/etc/ssh/ssh_host_* "$1"/boot/initrd.img-* "$1"/var/log/*.log "$1"/var/log/apt/*
`;

/** The pristine image of a release; a first build takes less than a minute. */
export function debianImage(suite: Suite): Promise<Image> {
  return imageOf(suite, `debian-${suite}`, options);
}

/** The same with more packages, of Debian's contrib too. */
export function debianWith(suite: Suite, more: readonly string[]): Promise<Image> {
  const all = ['--components=main,contrib', ...bootstrapOptions([...packages, ...more], excluded)];
  return imageOf(suite, `debian-${suite}-with-${more[0]}`, all);
}

/** The same for machines on volumes of LVM. */
export function debianWithLvm(suite: Suite): Promise<Image> {
  return debianWith(suite, ['lvm2', 'thin-provisioning-tools']);
}

async function imageOf(suite: Suite, name: string, options: readonly string[]): Promise<Image> {
  const built = await cached({
    name,
    inputs: [...options, finish],
    make: async (path) => {
      await bootstrap(options, suite, path);
      await command('sh', ['-c', finish, 'finish', join(path, 'root')]);
    },
  });
  const root = join(built.path, 'root');
  const kernels = await readdir(join(root, 'usr/lib/modules'));
  const kernel = kernels[0];
  if (kernel === undefined || kernels.length > 1)
    throw new Error(`${root} has ${kernels.length} kernels instead of one`);
  return { ...built, suite, root, kernel };
}

/** The kernel of an image, as a loader reads it. */
export function kernelFile(image: Image): string {
  return join(image.root, 'boot', `vmlinuz-${image.kernel}`);
}
