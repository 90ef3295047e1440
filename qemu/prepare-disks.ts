import { join } from 'node:path';
import { moveToBtrfs, writeBootDisk } from './boot-disk.ts';
import { btrfsDisk } from './btrfs-disk.ts';
import { command } from './command.ts';
import { writeEspDisk } from './esp-disk.ts';
import type { Material } from './gather.ts';
import { guestStoreDisks } from './guest-store-disk.ts';
import { layeredStoreDisks } from './layered-store-disk.ts';
import { lvmStore } from './lvm-store-disk.ts';
import type { Disk } from './machine.ts';
import { inMounted } from './mounted.ts';
import { dataDisk, type PartitionFilesystem, partitionDisk } from './partition-disk.ts';
import { changeRoot, firstStart } from './root-changes.ts';
import type { Scenario } from './scenario.ts';
import { prepareStore } from './store-disk.ts';
import { zfsStore } from './zfs-store-disk.ts';

/**
 * Makes a scenario's disks in `directory`: the old system as its operator left it, and the new image. Those of its loader are the
 * first ones.
 */
export async function prepareDisks(
  scenario: Scenario,
  material: Material,
  directory: string,
): Promise<readonly Disk[]> {
  const { layout } = scenario;
  if (layout === 'store-ext4' || layout === 'store-xfs')
    return layeredStoreDisks(scenario, { old: material.oldImage, new: material.newImage }, directory);
  if (layout === 'store-lvm' || layout === 'store-zfs') {
    const images = { old: material.oldImage, new: material.newImage };
    return guestStoreDisks(layout === 'store-lvm' ? lvmStore : zfsStore, { scenario, images, directory });
  }
  if (layout === 'store') return storeDisk(scenario, material, directory);
  const disks = await (layout === 'btrfs' ? copyBtrfs(directory) : copyPartitions(material, directory, layout));
  const mounts = disks.map((disk) => ({ name: disk.name, disk: disk.file }));
  const edit = layout === 'btrfs' ? btrfsChanges : partitionChanges;
  const script = `${takeFiles}\n${edit(scenario)}\n${scenario.diskChanges ?? ''}`;
  await inMounted(mounts, script, [material.files ?? '']);
  return disks;
}

const takeFiles = `
give_files() { [ -z "$files" ] || { mkdir -p "$1/run/files"; cp -a "$files/." "$1/run/files/"; }; }
take_files() { [ -z "$files" ] || rm -r "$1/run/files"; }
files=$1
`;

function btrfsChanges(scenario: Scenario): string {
  const edits = [
    `btrfs --quiet subvolume snapshot disk/@images/${scenario.oldImage} disk/@v1`,
    changeWithFiles('disk/@v1', firstStart + (scenario.oldChanges ?? '')),
  ];
  if (scenario.newChanges !== undefined) {
    edits.push(
      `btrfs --quiet subvolume snapshot disk/@images/${scenario.newImage} disk/@images/new`,
      changeWithFiles('disk/@images/new', scenario.newChanges),
      'btrfs property set disk/@images/new ro true',
    );
  }
  return edits.join('\n');
}

function partitionChanges(scenario: Scenario): string {
  const edits = [changeWithFiles('old', firstStart + (scenario.oldChanges ?? ''))];
  if (scenario.newChanges !== undefined) edits.push(changeWithFiles('new', scenario.newChanges));
  return [...edits, 'echo data > data/marker'].join('\n');
}

async function storeDisk(
  scenario: Scenario,
  { oldImage, newImage }: Material,
  directory: string,
): Promise<readonly Disk[]> {
  const disks = await copyBtrfs(directory);
  const { loader, firmware, bootFilesystem } = scenario;
  const boot = loader === 'migrate' ? await writeBootDisk(join(directory, 'boot.img')) : null;
  for (const disk of disks) await prepareStore(scenario, { old: oldImage, new: newImage }, disk, boot);
  if (boot !== null && bootFilesystem === 'btrfs') await moveToBtrfs(boot);
  const esp = join(directory, 'esp.img');
  if (loader === 'systemd-boot') return [await writeEspDisk(esp, 'systemd-boot'), ...disks];
  if (boot === null) return disks;
  return [...(firmware === 'uefi' ? [await writeEspDisk(esp, 'grub')] : []), boot, ...disks];
}

function changeWithFiles(root: string, script: string): string {
  return `give_files ${root}\n${changeRoot(root, script)}\ntake_files ${root}`;
}

async function copyBtrfs(directory: string): Promise<readonly Disk[]> {
  const file = join(directory, 'disk.img');
  await copySparse((await btrfsDisk()).path, file);
  return [{ name: 'disk', file }];
}

async function copyPartitions(
  { oldImage, newImage }: Material,
  directory: string,
  newFilesystem: PartitionFilesystem,
): Promise<readonly Disk[]> {
  const parts = [
    { name: 'old', label: 'V1', source: await partitionDisk(oldImage, 'ext4') },
    { name: 'new', label: 'V2-new', source: await partitionDisk(newImage, newFilesystem) },
    { name: 'base', label: 'BASE', source: await partitionDisk(oldImage, 'ext4') },
    { name: 'data', label: 'DATA', source: await dataDisk() },
  ];
  const disks: Disk[] = [];
  for (const { name, label, source } of parts) {
    const file = join(directory, `${name}.img`);
    await copySparse(source.path, file);
    const isXfs = name === 'new' && newFilesystem === 'xfs';
    await (isXfs ? command('xfs_admin', ['-L', label, file]) : command('tune2fs', ['-L', label, '-U', 'random', file]));
    disks.push({ name, file });
  }
  return disks;
}

async function copySparse(from: string, to: string): Promise<void> {
  await command('cp', ['--reflink=auto', '--sparse=always', from, to]);
}
