import { cp, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import { inMounted } from './mounted.ts';

const modulesDirectory = '/usr/lib/grub/i386-pc';
const modules = [
  ...['biosdisk', 'part_msdos', 'ext2', 'search', 'search_label', 'normal', 'configfile', 'loadenv'],
  ...['linux', 'serial', 'terminal', 'echo', 'test', 'ls', 'cat', 'sleep', 'reboot', 'minicmd'],
];
const sectorSize = 512;
/** Where the only partition begins; GRUB's core lies before it. */
const partitionStart = 2048;
const partitionSectors = 320 * 2048;

/** An entry of the menu: files of the boot partition and the command line. */
export type MenuEntry = {
  readonly id: string;
  readonly kernel: string;
  readonly initrds: readonly string[];
  readonly cmdline: string;
};

/** A disk that a BIOS starts: GRUB with the entries, of which `old` is the default. */
export async function writeGrubDisk(file: string, entries: readonly MenuEntry[]): Promise<void> {
  const work = `${file}.parts`;
  const boot = join(work, 'boot');
  await mkdir(join(boot, 'grub'), { recursive: true });
  for (const entry of entries) await copyEntry(boot, entry);
  await writeFile(join(boot, 'grub', 'grub.cfg'), menu(entries));
  const environment = join(boot, 'grub', 'grubenv');
  await command('grub-editenv', [environment, 'create']);
  await command('grub-editenv', [environment, 'set', 'saved_entry=old']);
  await command('truncate', ['--size', String((partitionStart + partitionSectors) * sectorSize), file]);
  const extended = `offset=${partitionStart * sectorSize}`;
  await command('mke2fs', [
    '-q',
    '-t',
    'ext4',
    '-L',
    'BOOT',
    '-E',
    extended,
    '-d',
    boot,
    file,
    `${partitionSectors / 2}k`,
  ]);
  await embed(file, await coreImage(work));
  await rm(work, { recursive: true });
}

/** What the system does before it reboots into a trial: the entry is started next, once. */
export async function setNextEntry(file: string, id: string): Promise<void> {
  const mounts = [{ name: 'boot', disk: file, options: `offset=${partitionStart * sectorSize}` }];
  await inMounted(mounts, 'grub-editenv boot/grub/grubenv set "next_entry=$1"', [id]);
}

/** Command line of the initrds of an entry as they lie in the boot partition. */
function initrdNames(entry: MenuEntry): readonly string[] {
  return entry.initrds.map((_, index) => `/${entry.id}/initrd-${index}`);
}

async function copyEntry(boot: string, entry: MenuEntry): Promise<void> {
  await mkdir(join(boot, entry.id));
  await cp(entry.kernel, join(boot, entry.id, 'vmlinuz'));
  const names = initrdNames(entry);
  for (const [index, initrd] of entry.initrds.entries()) await cp(initrd, join(boot, names[index] ?? ''));
}

/** The one-shot choice is cleared before it is tried: whatever happens then, the next start takes the default. */
function menu(entries: readonly MenuEntry[]): string {
  const head = `
serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set timeout=1
load_env
set default="\${saved_entry}"
if [ -n "\${next_entry}" ]; then
  set default="\${next_entry}"
  set next_entry=
  save_env next_entry
fi
echo "GRUB starts \${default}"
`;
  return head + entries.map(menuEntry).join('');
}

function menuEntry(entry: MenuEntry): string {
  return `
menuentry "${entry.id}" --id "${entry.id}" {
  linux /${entry.id}/vmlinuz ${entry.cmdline}
  initrd ${initrdNames(entry).join(' ')}
}
`;
}

async function coreImage(work: string): Promise<Buffer> {
  const early = join(work, 'early.cfg');
  const core = join(work, 'core.img');
  await writeFile(
    early,
    'search --no-floppy --label BOOT --set=root\nset prefix=($root)/grub\nconfigfile $prefix/grub.cfg\n',
  );
  await command('grub-mkimage', ['-O', 'i386-pc', '-o', core, '-p', '/grub', '-c', early, ...modules]);
  return readFile(core);
}

/**
 * Does the work of grub-bios-setup, which wants a real device: boot code and partition table in the first sector, the
 * core after it. The offsets are those of grub-core/boot/i386/pc/boot.S and include/grub/offsets.h of GRUB 2.
 */
async function embed(file: string, core: Buffer): Promise<void> {
  const coreSectors = Math.ceil(core.length / sectorSize);
  if (coreSectors >= partitionStart)
    throw new Error(`GRUB's core has ${coreSectors} sectors and does not fit before the partition`);
  const first = Buffer.alloc(sectorSize);
  (await readFile(join(modulesDirectory, 'boot.img'))).copy(first, 0, 0, 440);
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
