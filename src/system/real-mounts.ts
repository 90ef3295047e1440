import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { partOption, type RootLocation } from '../domain/boot-request.ts';
import type { ByteString } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { MountSource } from '../domain/mount-source.ts';
import { datasetOfDevice } from '../domain/zfs-dataset.ts';
import { datasetSource, hasDataset } from './datasets.ts';
import { isMountPoint } from './mount-point.ts';
import type { Mounts } from './mounts.ts';
import { checkpoint } from './native/filesystem.ts';
import { bindMount } from './native/mount.ts';
import { mountOverlay } from './native/overlay-mount.ts';
import { commands } from './run-command.ts';
import { signOfProgress } from './sign-of-progress.ts';
import { sleep } from './sleep.ts';
import { sweep, withMounted } from './with-mounted.ts';

/** Mounts by mount(8); device names by udev's links. */
export const mounts: Mounts = {
  ...{ waitForAny, find, has, mount, sourceOf, bind, overlay: mountOverlay, withMounted, sweep },
  ...{ unmount, filesystemOf, alias, refresh, checkpoint },
};

const pollMilliseconds = 100;

function waitForAny(devices: readonly string[], seconds: number): string {
  let trouble: Failure | undefined;
  for (let waited = 0; waited <= seconds * 1000; waited += pollMilliseconds) {
    const found = devices.map(lookFor);
    const node = found.find((one) => typeof one === 'string');
    if (node !== undefined) return node;
    trouble = found.find((one) => one instanceof Failure);
    // Waiting has a limit of its own.
    signOfProgress();
    sleep(pollMilliseconds);
  }
  if (trouble !== undefined) throw trouble;
  throw new Failure({
    code: 'device-missing',
    kind: 'failed',
    message: `Cannot find the device ${devices.join(' or ')}: it did not appear within ${seconds} s`,
    advice: 'Check migrate.old=, migrate.new= and migrate.base= on the kernel command line against blkid',
  });
}

/** The node, null, or why it cannot be told, which may pass: a pool of ZFS may not be whole yet. */
function lookFor(device: string): string | Failure | null {
  try {
    return find(device);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function nodeOf(device: string): string {
  return waitForAny([device], 0);
}

function find(device: string): string | null {
  const dataset = datasetOfDevice(device);
  if (dataset !== null) return hasDataset(dataset) ? dataset : null;
  return linked(device) ?? (existsSync('/run/udev/control') ? null : findOnDisks(device));
}

function linked(device: string): string | null {
  const link = linkOf(device);
  return existsSync(link) ? realpathSync(link) : null;
}

/** Without udev there are no links, but blkid(8) looks at the disks themselves: without its cache, which may be minutes old. */
function findOnDisks(device: string): string | null {
  if (device.startsWith('/') || !commands.has('blkid')) return null;
  try {
    const args = ['--cache-file', '/dev/null', '--list-one', '--output', 'device', '--match-token', device];
    return commands.run('blkid', args).stdout.trim();
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** udev may not have come to see it yet. */
function has(device: string): boolean {
  if (datasetOfDevice(device) !== null) return find(device) !== null;
  return linked(device) !== null || findOnDisks(device) !== null;
}

/** udev's link for `LABEL=…` and its kin (/dev/disk/by-label/…). */
function linkOf(device: string): string {
  const equals = device.indexOf('=');
  if (device.startsWith('/') || equals === -1) return device;
  const kind = device.slice(0, equals).toLowerCase();
  return `/dev/disk/by-${kind}/${encodeForUdev(device.slice(equals + 1))}`;
}

/** udev writes every byte that is not plain as `\x20` (libudev, udev_util_encode_string). */
function encodeForUdev(name: string): string {
  return name.replace(/[^A-Za-z0-9#+\-.:=@_\u0080-\uffff]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function mount(
  location: RootLocation,
  directory: string,
  { writable, top = false }: { writable: boolean; top?: boolean },
): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (top) {
    mountTop(location.device, directory, writable);
    return;
  }
  const { subvolume } = location;
  const { what, type, options } = sourceOf({ ...location, subvolume: subvolume && `/${subvolume}` });
  commands.run('mount', ['-t', type, '-o', [writable ? 'rw' : 'ro', ...options].join(','), what, directory]);
}

function sourceOf(location: RootLocation): MountSource {
  const dataset = datasetOfDevice(location.device);
  if (dataset !== null) return datasetSource(dataset);
  const what = nodeOf(location.device);
  return { what, type: location.object === undefined ? 'auto' : 'migrate', options: partOption(location) };
}

function mountTop(device: string, directory: string, writable: boolean): void {
  if (filesystemOf(device) === 'btrfs') {
    commands.run('mount', ['-o', `${writable ? 'rw' : 'ro'},subvolid=5`, nodeOf(device), directory]);
    return;
  }
  // Other filesystems have one top only, and all mounts of one are writable, or none: read-only is this mount alone.
  mount({ device, subvolume: null }, directory, { writable: true });
  if (!writable) commands.run('mount', ['-o', 'remount,bind,ro', directory]);
}

function bind(directory: ByteString, at: string, { writable }: { writable: boolean }): void {
  mkdirSync(at, { recursive: true, mode: 0o700 });
  bindMount(directory, at, { writable });
}

function unmount(directory: string): void {
  if (isMountPoint(directory)) commands.run('umount', ['-R', directory]);
}

function filesystemOf(device: string): string {
  if (datasetOfDevice(device) !== null) return 'zfs';
  return commands.run('blkid', ['-p', '-o', 'value', '-s', 'TYPE', nodeOf(device)]).stdout.trim();
}

/** By a rule of udev's, so that the units of systemd that wait for the name see it too. */
function alias(device: string, names: readonly string[]): void {
  // Nothing waits for a dataset as for a device.
  if (datasetOfDevice(device) !== null) return;
  const kernelName = basename(nodeOf(device));
  const links = names.map((name) => linkOf(name).replace('/dev/', '').replaceAll('\\', '\\\\'));
  // The priority decides where something else has the name already.
  const set = `SYMLINK+="${links.join(' ')}", OPTIONS+="link_priority=100"`;
  const rule = `SUBSYSTEM=="block", KERNEL=="${kernelName}", ${set}\n`;
  mkdirSync('/run/udev/rules.d', { recursive: true });
  writeFileSync('/run/udev/rules.d/99-migrate-fallback.rules', rule);
  commands.run('udevadm', ['control', '--reload']);
  refresh(device);
}

function refresh(device: string): void {
  commands.run('udevadm', ['trigger', '--action=change', '--settle', nodeOf(device)]);
}
