import type { StoreLocation } from '../domain/boot-request.ts';
import { displayBytes, textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { type MountedFilesystem, mountsOf } from '../domain/mountinfo.ts';
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
 * Where a directory lies for another boot: the UUID of its filesystem, and its path from the top of that, without a leading
 * slash. Throws Failure `wrong-filesystem`, and `command` where the filesystem has no UUID.
 */
export function locationOf(system: System, files: Files): StoreLocation {
  const { source, root, directory } = mountOf(system, files);
  // By the signatures on the disk: blkid's cache may still know what was on the device before.
  const uuid = system.commands.run('blkid', ['-p', '-s', 'UUID', '-o', 'value', textOrBytes(source)]).stdout;
  const below = directory === '/' ? files.root : files.root.slice(directory.length);
  return { device: `UUID=${uuid}`, path: textOrBytes(`${root === '/' ? '' : root}${below}`).slice(1) };
}
