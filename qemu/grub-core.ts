import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';

export const sectorSize = 512;
/** Where the only partition of a disk begins, in sectors; GRUB's core lies before it. */
export const partitionStart = 2048;

const bootCode = '/usr/lib/grub/i386-pc/boot.img';
const commonModules = [
  ...['part_msdos', 'search', 'search_label', 'search_fs_uuid', 'normal', 'configfile', 'loadenv', 'linux', 'serial'],
  ...['terminal', 'echo', 'test', 'ls', 'cat', 'sleep', 'reboot', 'minicmd'],
];

/** What a core knows before it reads its configuration: the driver of the filesystem, and the commands that find it. */
export type CoreOptions = { readonly filesystem: 'ext2' | 'fat' | 'btrfs'; readonly early: string };

/** GRUB for a BIOS; `work` is a directory for what it is made from. */
export async function biosCore(work: string, { filesystem, early }: CoreOptions): Promise<Buffer> {
  const core = join(work, 'core.img');
  await makeImage('i386-pc', core, { filesystem, early }, ['biosdisk']);
  return readFile(core);
}

/** The same for EFI, as a program that firmware starts. */
export async function efiProgram(file: string, options: CoreOptions): Promise<void> {
  await makeImage('x86_64-efi', file, options, ['fat']);
}

async function makeImage(
  format: string,
  file: string,
  { filesystem, early }: CoreOptions,
  modules: readonly string[],
): Promise<void> {
  const configuration = `${file}.early`;
  await writeFile(configuration, early);
  const all = [...new Set([...commonModules, ...modules, filesystem])];
  await command('grub-mkimage', ['-O', format, '-o', file, '-p', '/grub', '-c', configuration, ...all]);
}

/**
 * Does the work of grub-bios-setup, which wants a real device: boot code and partition table in the first sector, the
 * core after it. The offsets are those of grub-core/boot/i386/pc/boot.S and include/grub/offsets.h of GRUB 2.
 */
export async function embedCore(file: string, core: Buffer, partitionSectors: number): Promise<void> {
  const coreSectors = Math.ceil(core.length / sectorSize);
  if (coreSectors >= partitionStart)
    throw new Error(`GRUB's core has ${coreSectors} sectors and does not fit before the partition`);
  const first = Buffer.alloc(sectorSize);
  (await readFile(bootCode)).copy(first, 0, 0, 440);
  first.writeBigUInt64LE(1n, 0x5c);
  first.writeUInt8(0xff, 0x64);
  first.writeUInt16LE(0x9090, 0x66);
  first.writeUInt8(0x80, 446);
  first.writeUInt8(0x83, 450);
  first.writeUInt32LE(partitionStart, 454);
  first.writeUInt32LE(partitionSectors, 458);
  first.writeUInt16LE(0xaa55, 510);
  const padded = Buffer.alloc(coreSectors * sectorSize);
  core.copy(padded);
  padded.writeBigUInt64LE(2n, sectorSize - 12);
  padded.writeUInt16LE(coreSectors - 1, sectorSize - 4);
  padded.writeUInt16LE(0x820, sectorSize - 2);
  const disk = await open(file, 'r+');
  await disk.write(first, 0, first.length, 0);
  await disk.write(padded, 0, padded.length, sectorSize);
  await disk.close();
}
