import type { StoreLocation } from '../domain/boot-request.ts';
import { displayBytes, textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { type MountedFilesystem, mountsOf } from '../domain/mountinfo.ts';
import { deviceOfDataset } from '../domain/zfs-dataset.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** The mount that a directory lies on. */
export function mountOf(system: System, files: Files): MountedFilesystem {
  const id = files.status('/')?.mountId;
  const mount = mountsOf(system.readFile('/proc/self/mountinfo')).find((one) => one.id === id);
  if (mount !== undefined) return mount;
  throw new Failure({
    code: 'wrong-filesystem',
    kind: 'failed',
    message: `Cannot tell which filesystem ${displayBytes(files.root)} lies on: /proc/self/mountinfo does not list it`,
  });
}

/**
 * Where a directory lies for another boot: the UUID of its filesystem, of ZFS the name of the dataset, and its path from the
 * top of that, without a leading slash. Throws Failure `wrong-filesystem`, and `command` where the filesystem has no UUID.
 */
export function locationOf(system: System, files: Files): StoreLocation {
  const mount = mountOf(system, files);
  const { root, directory } = mount;
  const below = directory === '/' ? files.root : files.root.slice(directory.length);
  return { device: deviceOf(system, mount), path: textOrBytes(`${root === '/' ? '' : root}${below}`).slice(1) };
}

function deviceOf({ commands }: System, { source, filesystem }: MountedFilesystem): string {
  const name = textOrBytes(source);
  if (filesystem === 'zfs') return deviceOfDataset(name);
  // By the signatures on the disk: blkid's cache may still know what was on the device before.
  return `UUID=${commands.run('blkid', ['-p', '-s', 'UUID', '-o', 'value', name]).stdout}`;
}
