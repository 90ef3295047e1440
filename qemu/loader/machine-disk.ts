import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderConfiguration } from '../../src/boot/grub/configuration.ts';
import { environmentNames } from '../../src/boot/grub/environment.ts';
import { formatEnvironmentBlock } from '../../src/boot/grub/environment-block.ts';
import { grub } from '../../src/boot/grub/loader.ts';
import { renderMenu } from '../../src/boot/grub/menu.ts';
import { variablesOf } from '../../src/boot/grub/state-variables.ts';
import type { Loader } from '../../src/boot/loader.ts';
import { systemdBoot } from '../../src/boot/systemd-boot/loader.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';
import { command } from '../command.ts';
import { biosCore, efiProgram, embedCore, partitionStart, sectorSize } from '../grub-core.ts';
import { project } from '../product.ts';
import type { LoaderMachine, LoaderStarts } from './loader-starts.ts';
import type { VersionFiles } from './version-files.ts';

const partitionSectors = 128 * 2048;
const offset = partitionStart * sectorSize;
const label = 'LOADER';
const system = realSystem(['/bin/false']);
/** The same as if a tmpfs were FAT: FAT is read and written by mtools, as this machine's kernel may not know it. */
const asFat: System = {
  ...system,
  readFile: (path) => {
    const text = system.readFile(path);
    return path === '/proc/self/mountinfo' ? text.replaceAll(' - tmpfs ', ' - vfat ') : text;
  },
};
const systemdBootProgram = '/usr/lib/systemd/boot/efi/systemd-bootx64.efi';

const makers = {
  ext4: ['mkfs.ext4', '-q', '-F', '-L', label],
  vfat: ['mkfs.vfat', '-n', label],
  btrfs: ['mkfs.btrfs', '-q', '-L', label],
} as const;
const drivers = { ext4: 'ext2', vfat: 'fat', btrfs: 'btrfs' } as const;

/** Makes a disk that firmware finds GRUB on, with the loader's directory: kernels, menu and state. */
export async function writeMachineDisk(
  file: string,
  machine: LoaderMachine,
  { request: { firmware, loader }, files }: { readonly request: LoaderStarts; readonly files: VersionFiles },
): Promise<void> {
  const work = `${file}.parts`;
  await mkdir(work);
  const uuid = await makeFilesystem(file, machine.filesystem, join(work, 'filesystem'));
  const core = { filesystem: drivers[machine.filesystem], early: earlyConfiguration(machine) };
  await embedCore(file, await biosCore(work, core), partitionSectors);
  const program = join(work, 'BOOTX64.EFI');
  if (loader === 'systemd-boot') await command('cp', [systemdBootProgram, program]);
  else if (firmware === 'uefi') await efiProgram(program, core);
  const tree = join(work, 'tree');
  if (firmware === 'uefi') writeFile(join(tree, 'EFI/BOOT/BOOTX64.EFI'), readFileSync(program));
  for (const version of versionsOf(machine)) {
    for (const [name, bytes] of files(version)) writeFile(join(tree, machine.path, 'versions', version, name), bytes);
  }
  if (loader === 'grub' && machine.filesystem !== 'ext4') setUpByHand(machine, join(tree, machine.path), uuid);
  if (machine.filesystem === 'vfat') copyIntoFat(file, tree);
  else withDisk(file, (top) => fill(top, tree, machine));
  await rm(work, { recursive: true });
  if (loader === 'systemd-boot')
    withLoaderOf(file, { machine, request: { loader } }, (opened) => setUp(machine, opened));
}

function fill(top: string, tree: string, machine: LoaderMachine): void {
  cpSync(tree, top, { recursive: true });
  const directory = join(top, machine.path);
  if (machine.filesystem === 'ext4') setUp(machine, grub.open({ directory, path: machine.path }, system));
  const menu = join(directory, 'menu.cfg');
  if (machine.altered !== undefined) writeFile(menu, machine.altered(readFileSync(menu, 'latin1')));
  if (machine.asDistribution === true) writeFile(join(top, distributionPath), distributionConfiguration(directory));
}

/** The kernel of a machine that runs the tests may know no FAT. */
function copyIntoFat(file: string, tree: string): void {
  const names = readdirSync(tree).map((name) => join(tree, name));
  execFileSync('mcopy', ['-s', '-n', '-o', '-i', `${file}@@${offset}`, ...names, '::/']);
}

/** Hands on what is on a FAT partition, in memory, and writes it back. */
function withFat<Result>(file: string, use: (top: string) => Result): Result {
  const top = mkdtempSync(join(tmpdir(), 'migrate-loader-'));
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', top]);
  try {
    const image = `${file}@@${offset}`;
    execFileSync('mcopy', ['-s', '-n', '-i', image, '::/*', top]);
    const before = readdirSync(top);
    const result = use(top);
    execFileSync('mdeltree', ['-i', image, ...before.map((name) => `::/${name}`)]);
    copyIntoFat(file, top);
    return result;
  } finally {
    execFileSync('umount', [top]);
    rmdirSync(top);
  }
}

/** Hands on the loader of a disk whose machine is off. */
export function withLoaderOf<Result>(
  file: string,
  {
    machine: { path },
    request: { loader },
  }: { readonly machine: LoaderMachine; readonly request: Pick<LoaderStarts, 'loader'> },
  use: (loader: Loader) => Result,
): Result {
  if (loader === 'grub') return withDisk(file, (top) => use(grub.open({ directory: join(top, path), path }, system)));
  return withFat(file, (top) => use(systemdBoot.open({ directory: join(top, path), path }, asFat)));
}

/** Runs a script for sh -eu in the loader's directory of a machine that is off. */
export function changeDirectory(file: string, { path }: LoaderMachine, script: string): void {
  withDisk(file, (top) => execFileSync('sh', ['-euc', script], { cwd: join(top, path) }));
}

/** The UUID of the filesystem, which is the disk's only partition then. */
async function makeFilesystem(file: string, kind: LoaderMachine['filesystem'], image: string): Promise<string> {
  await command('truncate', ['--size', String(partitionSectors * sectorSize), image]);
  const [program, ...options] = makers[kind];
  await command(program, [...options, image]);
  await command('truncate', ['--size', String(offset + partitionSectors * sectorSize), file]);
  const place = ['bs=1M', `seek=${offset / 2 ** 20}`, 'conv=notrunc,sparse', 'status=none'];
  await command('dd', [`if=${image}`, `of=${file}`, ...place]);
  return (await command('blkid', ['-p', '-s', 'UUID', '-o', 'value', image])).stdout.trim();
}

/** A start that is waited for takes little; where keys are typed, the menu has to be there for long enough. */
function earlyConfiguration({ path, acts, asDistribution }: LoaderMachine): string {
  const isTyped = acts.some((act) => 'starts' in act && act.starts.some((start) => typeof start !== 'string'));
  return [
    `set timeout=${isTyped ? 5 : 1}`,
    'export timeout',
    `search --no-floppy --label ${label} --set=root`,
    `configfile ($root)${asDistribution === true ? distributionPath : `${path}/grub.cfg`}`,
    '',
  ].join('\n');
}

const distributionPath = '/boot/grub/grub.cfg';

/** What is around our part is what Debian's scripts write, as short as it can be. */
function distributionConfiguration(directory: string): string {
  const env = { ...process.env, MIGRATE_LOADER: directory };
  const part = execFileSync(join(project, 'initramfs/42_migrate'), { env, encoding: 'utf8', stdio: 'pipe' });
  return `serial --unit=0 --speed=115200
terminal_input serial
terminal_output serial
set default=0
menuentry Debian --id debian { echo "No system of ours" }
${part}`;
}

function versionsOf({ menu: { entries, trial, recovery } }: LoaderMachine): ReadonlySet<string> {
  return new Set([...entries, ...(trial === null ? [] : [trial]), ...recovery].map(({ version }) => version));
}

function setUp({ menu, state }: LoaderMachine, loader: Loader): void {
  loader.install();
  loader.writeMenu(menu);
  loader.write(state);
}

/** By hand what the loader writes, where it refuses the filesystem, or where this machine cannot mount it. */
function setUpByHand({ path, menu, state }: LoaderMachine, directory: string, uuid: string): void {
  writeFile(join(directory, 'grub.cfg'), renderConfiguration({ uuid, path }));
  writeFile(join(directory, 'menu.cfg'), renderMenu(menu, { path }));
  for (const [index, name] of environmentNames.entries()) {
    writeFile(join(directory, `env.${name}`), formatEnvironmentBlock(variablesOf(state, index + 1)));
  }
}

function writeFile(file: string, content: string | Uint8Array): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content, 'latin1');
}

function withDisk<Result>(file: string, use: (top: string) => Result): Result {
  const top = mkdtempSync(join(tmpdir(), 'migrate-loader-'));
  execFileSync('mount', ['-o', `loop,offset=${offset}`, file, top]);
  try {
    return use(top);
  } finally {
    execFileSync('umount', [top]);
    rmdirSync(top);
  }
}
