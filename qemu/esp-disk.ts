import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findMenu } from './boot-disk.ts';
import { command } from './command.ts';
import { efiProgram } from './grub-core.ts';
import type { Disk } from './machine.ts';

const startSectors = 2048;
const mebibytes = 512;
const label = 'ESP';

const systemdBootProgram = '/usr/lib/systemd/boot/efi/systemd-bootx64.efi';

/**
 * A disk with an EFI system partition, from which firmware starts a loader, as an installer makes it: GRUB, which reads the
 * filesystem of the disk `boot`, or systemd-boot. The kernel of a machine that runs the tests may know no FAT.
 */
export async function writeEspDisk(file: string, loader: 'grub' | 'systemd-boot'): Promise<Disk> {
  const work = `${file}.parts`;
  await mkdir(work);
  const grub = join(work, 'grub.efi');
  if (loader === 'grub') await efiProgram(grub, { filesystem: 'ext2', early: findMenu });
  // The end of the disk has the second copy of the partition table.
  await command('truncate', ['--size', `${mebibytes + 2}M`, file]);
  const table = `label: gpt\\nstart=${startSectors}, size=${mebibytes}MiB, type=U\\n`;
  await command('sh', ['-euc', 'printf "$1" | sfdisk --quiet "$2"', 'sh', table, file]);
  await command('mkfs.vfat', [
    '-F',
    '32',
    '-n',
    label,
    '--offset',
    String(startSectors),
    file,
    String(mebibytes * 1024),
  ]);
  const partition = `${file}@@${startSectors * 512}`;
  await command('mmd', ['-i', partition, '::/EFI', '::/EFI/BOOT']);
  const program = loader === 'grub' ? grub : systemdBootProgram;
  await command('mcopy', ['-i', partition, program, '::/EFI/BOOT/BOOTX64.EFI']);
  await rm(work, { recursive: true });
  return { name: 'esp', file };
}
