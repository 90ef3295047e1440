import { join, resolve } from 'node:path';
import { contentOf } from '../../../qemu/cache.ts';
import { command } from '../../../qemu/command.ts';
import { debianRoot } from './debian.ts';
import { type Disk, disk, type Kind } from './disk.ts';
import { makeLocalChanges } from './local-changes.ts';

const changes = await contentOf(join(import.meta.dirname, 'local-changes.ts'));

/** An image that migrate carries over has its policy in it. */
const policies = resolve('src/policy/shipped');

/** Data that packages make when they are installed: on such a machine it lies in a volume, as all of /var does in ostree's. */
const data = ['var/lib/postgresql'];
const delivered = [await contentOf(policies), ...data];

/** Makes an image of a root as it comes from the mirror. */
async function deliver(root: string, image: string): Promise<void> {
  await command('mkdir', ['-p', image]);
  await command('cp', ['-a', `${root}/.`, image]);
  await command('find', [...data.map((place) => join(image, place)), '-mindepth', '1', '-delete']);
  const place = join(image, 'usr/lib/migrate/policy.d');
  await command('mkdir', ['-p', place]);
  await command('cp', ['-a', `${policies}/.`, place]);
}

/** `base`, a Debian root as delivered, and `ours`, the same with 500 local changes. */
export async function rootPair(): Promise<Disk> {
  const { path, key } = await debianRoot('bookworm');
  return disk({
    name: 'pair',
    kind: 'ext4',
    inputs: [key, ...delivered, changes],
    fill: async (top) => {
      const [base, ours] = [join(top, 'base'), join(top, 'ours')];
      await deliver(join(path, 'root'), base);
      await command('cp', ['-a', base, ours]);
      makeLocalChanges(join(ours, 'etc'));
    },
  });
}

/** `theirs`, the next release of the same packages, on a disk of its own. */
export async function nextRoot(): Promise<Disk> {
  const { path, key } = await debianRoot('trixie');
  return disk({
    name: 'next',
    kind: 'ext4',
    inputs: [key, ...delivered],
    fill: async (top) => {
      await deliver(join(path, 'root'), join(top, 'theirs'));
    },
  });
}

/**
 * The same three roots as one btrfs filesystem has them where our store lies on it: `base` and `next` are read-only
 * images, `ours` is a writable snapshot of base with the 500 changes.
 */
export async function rootSnapshots(): Promise<Disk> {
  const [old, next] = [await debianRoot('bookworm'), await debianRoot('trixie')];
  return disk({
    name: 'roots',
    kind: 'btrfs',
    inputs: [old.key, next.key, ...delivered, changes],
    fill: async (top) => {
      const [base, ours] = [join(top, 'base'), join(top, 'ours')];
      await makeImage(join(old.path, 'root'), base);
      await makeImage(join(next.path, 'root'), join(top, 'next'));
      await command('btrfs', ['subvolume', 'snapshot', base, ours]);
      makeLocalChanges(join(ours, 'etc'));
    },
  });
}

async function makeImage(root: string, image: string): Promise<void> {
  await command('btrfs', ['subvolume', 'create', image]);
  await deliver(root, image);
  await command('btrfs', ['property', 'set', '-ts', image, 'ro', 'true']);
}

/** The two releases as commits `old` and `new` of an ostree system, which runs the old one with the 500 local changes. */
export async function ostreeSystem(kind: Kind = 'ext4'): Promise<Disk> {
  const [old, next] = [await debianRoot('bookworm'), await debianRoot('trixie')];
  return disk({
    name: 'ostree',
    kind,
    inputs: [old.key, next.key, changes, toOstree],
    fill: async (top) => {
      await command('sh', ['-c', toOstree, 'ostree', top, join(old.path, 'root'), join(next.path, 'root')]);
      makeLocalChanges(join(await deployment(top), 'etc'));
    },
  });
}

/** The deployment alone, with settings as large as a whole tree: what /usr/share of the release holds lies in its /etc too. */
export async function ostreeSettings(): Promise<Disk> {
  const { path, key } = await debianRoot('bookworm');
  return disk({
    name: 'ostree-settings',
    kind: 'ext4',
    inputs: [key, changes, toOstree],
    fill: async (top) => {
      const tree = join(top, 'enlarged');
      await command('cp', ['-a', join(path, 'root'), tree]);
      for (const part of ['share', 'include', 'src'])
        await command('cp', ['-a', join(tree, 'usr', part), join(tree, 'etc')]);
      await command('sh', ['-c', toOstree, 'ostree', top, tree]);
      await command('rm', ['-rf', tree]);
      makeLocalChanges(join(await deployment(top), 'etc'));
    },
  });
}

/** Where the deployment lies whose settings were changed. */
export async function deployment(sysroot: string): Promise<string> {
  const deployments = join(sysroot, 'ostree/deploy/debian/deploy');
  const { stdout } = await command('find', [deployments, '-maxdepth', '1', '-type', 'd', '-name', '*.0']);
  return stdout.trim();
}

/** What ostree wants of a tree: settings below /usr, the kernel with its modules, nothing in /var. */
const toOstree = `
set -eu
top=$1
ostree admin init-fs "$top"
ostree admin os-init --sysroot="$top" debian
commit() {
  cp -a "$2" "$top/tree"
  mv "$top/tree/etc" "$top/tree/usr/etc"
  for modules in "$top"/tree/usr/lib/modules/*; do
    mv "$top/tree/boot/vmlinuz-\${modules##*/}" "$modules/vmlinuz"
  done
  rm -rf "$top"/tree/var/* "$top"/tree/boot/* "$top"/tree/dev/* "$top/tree/tmp"
  mkdir -p "$top/tree/sysroot"
  ln -s sysroot/ostree "$top/tree/ostree"
  ln -s var/tmp "$top/tree/tmp"
  ostree --repo="$top/ostree/repo" commit --branch="$1" --tree="dir=$top/tree" >/dev/null
  rm -rf "$top/tree"
}
commit old "$2"
[ "$#" -lt 3 ] || commit new "$3"
ostree admin deploy --sysroot="$top" --os=debian old
`;
