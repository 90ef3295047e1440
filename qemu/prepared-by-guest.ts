import { join } from 'node:path';
import { playBoot } from './boot.ts';
import { command } from './command.ts';
import { findEmulator } from './emulator.ts';
import { bootFailures } from './expect.ts';
import { commonWords } from './gather.ts';
import { type Image, kernelFile } from './images.ts';
import { initramfsOf } from './initramfs.ts';
import type { Disk } from './machine.ts';
import { inMounted } from './mounted.ts';
import { installGuest, installProduct } from './product.ts';
import { changeRoot, firstStart } from './root-changes.ts';
import type { Boot, Scenario } from './scenario.ts';
import { binary, completeImage, filesOf } from './store-disk.ts';

/** An empty ext4 filesystem. */
export async function emptyDisk({ file }: Disk, size: string, label: string): Promise<void> {
  await command('truncate', ['--size', size, file]);
  await command('mke2fs', ['-q', '-t', 'ext4', '-L', label, file]);
}

/** What is made of the images of a scenario for a guest that puts a machine into a store. */
export type Sources = {
  readonly scenario: Scenario;
  readonly images: { readonly old: Image; readonly new: Image };
  /** A line for sh -eu that changes the image in the directory $root, whichever it is. */
  readonly amend: string;
  /** The same that puts the old machine, in the directory `old`, below `sources`. */
  readonly putMachine: string;
};

/** Makes a disk with the images, the program, and the old machine; and the disk of its data. */
export async function makeSources(
  { scenario, images, amend, putMachine }: Sources,
  { sources, data }: { readonly sources: Disk; readonly data: Disk },
): Promise<void> {
  await emptyDisk(sources, '5G', 'SOURCES');
  const script = [
    'binary=$1 old=$2 oldsecond=$3 new=$4 newsecond=$5 product=$6 guest=$7',
    completeImage,
    'for root in old new next; do',
    '  "$product" "$PWD/$root"',
    '  "$guest" "$PWD/$root"',
    `  ${amend}`,
    'done',
    'complete_image old "$old" "$oldsecond"',
    'for root in new next; do complete_image "$root" "$new" "$newsecond"; done',
    changeRoot('next', scenario.newChanges ?? ''),
    'for root in old new next; do mkdir "sources/$root" && cp -a "$root/." "sources/$root/"; done',
    changeRoot('old', firstStart + (scenario.oldChanges ?? '')),
    putMachine,
    'cp "$binary" sources/migrate',
    'echo data > data/marker',
  ].join('\n');
  const mounts = [
    ...[sources, data].map(({ name, file }) => ({ name, disk: file })),
    { name: 'old', copyOf: images.old.root },
    ...['new', 'next'].map((name) => ({ name, copyOf: images.new.root })),
  ];
  await inMounted(mounts, script, [binary, ...(await filesOf(images)), installProduct, installGuest]);
}

const prepared = 'prepared';

/** Runs a script in a guest of the image, whose root is on the first of the disks. Throws where it does not come to its end. */
export async function runOnGuest(
  image: Image,
  script: string,
  { disks, directory }: { readonly disks: readonly Disk[]; readonly directory: string },
): Promise<void> {
  const emulator = await findEmulator();
  const question = `(\n${script}\necho ${prepared}\n) 2>&1 | tee /dev/ttyS0`;
  const boot: Boot = {
    entry: 'preparation',
    ends: 'report',
    limitSeconds: 2400,
    report: { [question]: new RegExp(`^${prepared}$`, 'm') },
  };
  const words = [...commonWords, 'systemd.mask=serial-getty@ttyS0.service', 'panic=5', 'root=LABEL=ROOT rw'];
  const initramfs = await initramfsOf(image, 'plain');
  const entry = { kernel: kernelFile(image), initrds: [initramfs.path], cmdline: words.join(' ') };
  const result = await playBoot({
    ...{ boot, number: 0, material: { emulator }, entry, disks, grubDisk: null },
    directory: join(directory, '..'),
  });
  const failures = bootFailures(boot, result);
  if (failures.length > 0) throw new Error(`the store could not be prepared: ${failures.join('; ')}`);
}
