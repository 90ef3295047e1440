import { join } from 'node:path';
import { command } from './command.ts';
import type { Image } from './images.ts';
import type { Disk } from './machine.ts';
import { inMounted } from './mounted.ts';
import { dataDisk } from './partition-disk.ts';
import { installGuest, installProduct } from './product.ts';
import { changeRoot, firstStart } from './root-changes.ts';
import type { Scenario } from './scenario.ts';
import { asOnTheMachine, binary, completeImage, filesOf } from './store-disk.ts';

const size = '8G';

/**
 * A machine on ext4 or xfs that its operator has put into a store, with its first update staged, and the disk of its data: see
 * the layouts `store-ext4` and `store-xfs`. Its root is the filesystem itself, and the store lies in it.
 */
export async function layeredStoreDisks(
  scenario: Scenario,
  images: { readonly old: Image; readonly new: Image },
  directory: string,
): Promise<readonly Disk[]> {
  const [disk, data] = ['disk', 'data'].map((name) => ({ name, file: join(directory, `${name}.img`) })) as [Disk, Disk];
  await command('truncate', ['--size', size, disk.file]);
  const maker = scenario.layout === 'store-xfs' ? 'mkfs.xfs' : 'mkfs.ext4';
  await command(maker, ['-q', '-L', 'ROOT', disk.file]);
  await command('cp', ['--sparse=always', (await dataDisk()).path, data.file]);
  const [oldSuite, newSuite] = [images.old.suite, images.new.suite];
  const first = `${oldSuite}.1`;
  const script = [
    'binary=$1 old=$2 oldsecond=$3 new=$4 newsecond=$5 product=$6 guest=$7',
    completeImage,
    'for root in old new next; do "$product" "$PWD/$root"; "$guest" "$PWD/$root"; done',
    'complete_image old "$old" "$oldsecond"',
    'for root in new next; do complete_image "$root" "$new" "$newsecond"; done',
    changeRoot('next', scenario.newChanges ?? ''),
    'cp -a old/. disk/',
    changeRoot('disk', firstStart + (scenario.oldChanges ?? '')),
    'echo data > data/marker',
    asOnTheMachine('root=LABEL=ROOT rw'),
    `"$binary" init --root disk --image old --name ${oldSuite} --host atlas`,
    'export MIGRATE_STORE="$PWD/disk/migrate"',
    `"$binary" stage next --name next --parent ${first} --no-arm`,
    `"$binary" stage new --name ${newSuite} --parent ${first}`,
    scenario.diskChanges ?? '',
  ].join('\n');
  const mounts = [
    ...[disk, data].map(({ name, file }) => ({ name, disk: file })),
    { name: 'old', copyOf: images.old.root },
    ...['new', 'next'].map((name) => ({ name, copyOf: images.new.root })),
  ];
  await inMounted(mounts, script, [
    binary,
    ...(await filesOf(images, scenario.storeInitramfs)),
    installProduct,
    installGuest,
  ]);
  return [disk, data];
}
