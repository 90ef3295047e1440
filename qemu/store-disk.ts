import { join } from 'node:path';
import { bootMount, machineWords, setLoader } from './boot-disk.ts';
import type { Image } from './images.ts';
import { type InitramfsKind, initramfsOf } from './initramfs.ts';
import type { Disk } from './machine.ts';
import { inMounted } from './mounted.ts';
import { project } from './product.ts';
import { changeRoot, firstStart } from './root-changes.ts';
import type { Scenario } from './scenario.ts';
import { secondInitrd } from './second-initrd.ts';

/** The product's binary, as the machine of the build runs it. */
export const binary: string = join(project, 'dist', 'migrate');

/** For a script that has the binary's path in $binary: complete_image ROOT INITRAMFS SECOND. */
export const completeImage = `
complete_image() {
  cp "$2" "$1/boot/initrd.img-$(ls "$1/usr/lib/modules")"
  install -m 0755 "$binary" "$1/usr/bin/migrate"
  install -m 0644 "$3" "$1/usr/lib/migrate/migrate.cpio.zst"
}
`;

/**
 * Images as a builder of images that use a store makes them: with their own initramfs, the binary and its initrd. For a
 * script with the binary's path in $binary: complete SUITE NAME INITRAMFS SECOND makes the subvolume `@images/NAME`, and
 * finished NAME has it read-only.
 */
export const completeImages: string = `
${completeImage}
complete() {
  btrfs --quiet subvolume snapshot "disk/@images/$1" "disk/@images/$2"
  complete_image "disk/@images/$2" "$3" "$4"
}
finished() { btrfs property set "disk/@images/$1" ro true; }
`;

/** A machine's own command line, in place of the one of the machine of the test. */
export const asOnTheMachine = (commandLine: string): string => `
echo '${commandLine}' > cmdline
mount --bind cmdline /proc/cmdline
`;

/** The initramfs and the second initrd of both images, as arguments of a script. */
export async function filesOf(
  images: { readonly old: Image; readonly new: Image },
  kind: InitramfsKind = 'migrate',
  product: string = binary,
): Promise<readonly string[]> {
  const files = [images.old, images.new].flatMap((image) => [initramfsOf(image, kind), secondInitrd(image, product)]);
  return (await Promise.all(files)).map(({ path }) => path);
}

/**
 * Puts the old machine into a store and stages its first update, as its operator would: `migrate init`, the images as
 * `bookworm`, `trixie` and, with `newChanges`, `next`, and `trixie` armed. `boot` is the disk of the loader that tries it.
 */
export async function prepareStore(
  scenario: Scenario,
  images: { readonly old: Image; readonly new: Image },
  disk: Disk,
  boot: Disk | null,
): Promise<void> {
  const files = await filesOf(images);
  const [oldSuite, newSuite] = [images.old.suite, images.new.suite];
  const script = [
    'binary=$1 old=$2 oldsecond=$3 new=$4 newsecond=$5',
    completeImages,
    `complete ${oldSuite} old "$old" "$oldsecond"`,
    'finished old',
    `complete ${newSuite} new "$new" "$newsecond"`,
    'finished new',
    `complete ${newSuite} next "$new" "$newsecond"`,
    changeRoot('disk/@images/next', scenario.newChanges ?? ''),
    'finished next',
    'btrfs --quiet subvolume snapshot disk/@images/old disk/@v1',
    changeRoot('disk/@v1', firstStart + (scenario.oldChanges ?? '')),
    asOnTheMachine(
      ['root=LABEL=ROOT rootflags=subvol=@v1 rw', ...(scenario.loader === 'none' ? [] : [machineWords])].join(' '),
    ),
    'mkdir root',
    'mount -o subvol=@v1 "$(findmnt --noheadings --output SOURCE --nofsroot disk)" root',
    `"$binary" init --root root --image disk/@images/old --name ${oldSuite} --host atlas`,
    'umount root',
    'export MIGRATE_STORE="$PWD/disk/migrate"',
    `first=${oldSuite}.1`,
    `"$binary" stage disk/@images/next --name next --parent "$first" --no-arm`,
    `"$binary" stage disk/@images/new --name ${newSuite} --parent "$first"`,
    ...(boot === null ? [] : [setLoader]),
    scenario.diskChanges ?? '',
  ].join('\n');
  const mounts = [{ name: 'disk', disk: disk.file }, ...(boot === null ? [] : [bootMount(boot)])];
  await inMounted(mounts, script, [binary, ...files]);
}
