import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FilesystemKind } from '../system/loop-filesystem.ts';

/** Filesystems on a disk, and how they are made: as small as each can be, so that an image is quickly copied. */
export type DiskFilesystem = Exclude<FilesystemKind, 'tmpfs'>;

const makers: Readonly<Record<DiskFilesystem, { readonly size: string; readonly command: readonly string[] }>> = {
  ext4: { size: '48M', command: ['mkfs.ext4', '-q', '-F', '-J', 'size=4'] },
  btrfs: { size: '128M', command: ['mkfs.btrfs', '-q', '-f', '-m', 'single'] },
  xfs: { size: '300M', command: ['mkfs.xfs', '-q', '-f'] },
};

/** An image file with an empty filesystem in it. */
export function makeImage(kind: DiskFilesystem, image: string): void {
  const { size, command } = makers[kind];
  const [program = '', ...args] = command;
  rmSync(image, { force: true });
  writeFileSync(image, '');
  execFileSync('truncate', ['-s', size, image]);
  execFileSync(program, [...args, image], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Mounts an image, runs the body and unmounts it. */
export async function withImage<Result>(
  image: string,
  mountpoint: string,
  body: () => Result | Promise<Result>,
): Promise<Result> {
  const device = attach(image);
  // While the kernel remembers a btrfs that was mounted, it mounts no older state of it.
  execFileSync('btrfs', ['device', 'scan', '--forget']);
  try {
    return await withDevice(device, mountpoint, body);
  } finally {
    await detach(device);
  }
}

/** Mounts a block device, runs the body and unmounts it. */
export async function withDevice<Result>(
  device: string,
  mountpoint: string,
  body: () => Result | Promise<Result>,
): Promise<Result> {
  execFileSync('mount', [device, mountpoint], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    return await body();
  } finally {
    execFileSync('umount', [mountpoint]);
  }
}

/** A loop device of its own: mount(8) would take one again that another process still looks at, with what it has cached. */
function attach(file: string): string {
  return execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
}

/**
 * Waits until nobody has it any more: a process that took a copy of all mounts meanwhile keeps this one too, and two of one
 * identity cannot be mounted.
 */
async function detach(device: string): Promise<void> {
  execFileSync('losetup', ['--detach', device]);
  const attached = join('/sys/block', basename(device), 'loop/backing_file');
  for (const end = Date.now() + 120_000; existsSync(attached); await sleep(5)) {
    if (Date.now() > end) throw new Error(`${device} stays in use: ${readFileSync(attached, 'utf8').trim()}`);
  }
}

/** A disk made of an image, and the log of what is written to it. */
export type LoggedDisk = {
  /** The block device. */
  readonly disk: string;
  readonly log: string;
  /** Pulls it out: everything that is read or written from now on fails. */
  readonly pullOut: () => void;
};

/**
 * Offers an image as a disk that logs every write and flush, by QEMU's storage daemon through FUSE; the image is changed.
 * The daemon runs until the body ends; the log stays.
 */
export async function withLoggedDisk<Result>(
  directory: string,
  image: string,
  body: (disk: LoggedDisk) => Promise<Result>,
): Promise<Result> {
  const [exported, log] = [join(directory, 'exported'), join(directory, 'log')];
  for (const file of [exported, log]) writeFileSync(file, '');
  const node = (text: string): string[] => ['--blockdev', text];
  const daemon = spawn('qemu-storage-daemon', [
    ...node(`driver=file,node-name=image,filename=${image}`),
    ...node(`driver=file,node-name=log,filename=${log}`),
    ...node('driver=blklogwrites,node-name=logged,file=image,log=log,log-sector-size=512'),
    ...['--export', `type=fuse,id=disk,node-name=logged,mountpoint=${exported},writable=on`],
  ]);
  const ended = once(daemon, 'exit');
  const { size } = statSync(image);
  while (statSync(exported).size !== size) {
    if (daemon.exitCode !== null) throw new Error(`qemu-storage-daemon ended with ${daemon.exitCode}`);
    await sleep(2);
  }
  const disk = attach(exported);
  // The device holds it open. By its name it would fail whoever asks for all mounts when the daemon is gone, as mkfs does.
  execFileSync('umount', ['--lazy', exported]);
  const pullOut = (): void => {
    daemon.kill('SIGKILL');
    // The kernel takes a moment to close the files of a process.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  };
  try {
    return await body({ disk, log, pullOut });
  } finally {
    await detach(disk);
    daemon.kill('SIGKILL');
    await ended;
    rmSync(exported);
  }
}
