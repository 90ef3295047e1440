import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import { biosCore, embedCore, partitionStart, sectorSize } from './grub-core.ts';
import { inMounted } from './mounted.ts';

const early = 'search --no-floppy --label BOOT --set=root\nset prefix=($root)/grub\nconfigfile $prefix/grub.cfg\n';
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
  await embedCore(file, await biosCore(work, { filesystem: 'ext2', early }), partitionSectors);
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
