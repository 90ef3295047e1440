import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { cached } from '../../qemu/cache.ts';
import { command } from '../../qemu/command.ts';
import { type RealKernel, realKernel } from '../merge/modules/real-kernels.ts';

/** A small Debian with initramfs-tools, dracut and dkms, and modules under the release of the kernel that runs here. */
async function debianRoot(): Promise<string> {
  const kernel = await realKernel('bookworm');
  const { path } = await cached({
    name: 'initramfs-root',
    inputs: ['2', release(), kernel.release],
    make: (at) => makeRoot(kernel, at),
  });
  return path;
}

async function makeRoot(kernel: RealKernel, path: string): Promise<void> {
  await command('mmdebstrap', [
    ...['--variant=minbase', '--mode=root', '--format=directory', '--include=initramfs-tools,dracut-core,kmod'],
    ...['--aptopt=Acquire::Languages "none"', '--aptopt=Apt::Install-Recommends "false"'],
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    // Its files alone: the compilers that it depends on are not needed where nothing is compiled.
    '--customize-hook=chroot "$1" sh -ec "cd /tmp; apt-get download dkms; dpkg-deb -x dkms_*.deb /; rm dkms_*.deb"',
    ...['bookworm', path],
  ]);
  const modules = join(path, 'usr/lib/modules', release());
  mkdirSync(join(path, 'usr/lib/modules'), { recursive: true });
  cpSync(kernel.directory, modules, { recursive: true });
  await command('chroot', [path, 'depmod', release()]);
  // Without the settings of the kernel mkinitramfs cannot tell how it may compress.
  writeFileSync(join(path, 'boot', `config-${release()}`), 'CONFIG_RD_GZIP=y\nCONFIG_RD_ZSTD=y\n');
}

/** How a program in the root ended, and the directory that holds all that it changed. */
export type Ran = { readonly status: number | null; readonly output: string; readonly changed: string };

/**
 * Runs a shell script in a copy of the root that is thrown away with `scratch`, an empty directory on a real filesystem;
 * `prepare` runs before it, with what the image has from this project already installed.
 */
export async function runInRoot(scratch: string, prepare: string, script: string): Promise<Ran> {
  const lower = await debianRoot();
  for (const name of ['changed', 'work', 'root']) mkdirSync(join(scratch, name));
  const steps = [
    'set -e',
    `mount -t overlay -o "lowerdir=${lower},upperdir=$1/changed,workdir=$1/work" overlay "$1/root"`,
    '"$2" "$1/root"',
    'mount --rbind /dev "$1/root/dev"',
    'mount -t proc proc "$1/root/proc"',
    'chroot "$1/root" sh -ec "$3"',
    'exec chroot "$1/root" sh -ec "$4"',
  ];
  const install = new URL('../../initramfs/install-into', import.meta.url).pathname;
  const args = ['--mount', 'sh', '-c', steps.join('\n'), 'sh', scratch, install, prepare, script];
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
  return { status, output: stdout + stderr, changed: join(scratch, 'changed') };
}
