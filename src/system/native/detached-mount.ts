import { closeSync } from 'node:fs';
import type { ByteString } from '../../domain/bytes.ts';
import { native } from './libc.ts';
import { systemCalls } from './linux.ts';
import { checked, cString } from './place.ts';

/** linux/mount.h: FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC, and the commands of fsconfig(2). */
const closeOnExec = 1;
const configure = { setString: 1, create: 6 } as const;

/**
 * Mounts a filesystem of a device, with options, where nobody sees it: the mount has no place in the tree of directories
 * and goes with its descriptor, which is returned. The descriptor is for paths only (O_PATH).
 */
export function mountDetached(
  filesystem: string,
  device: ByteString,
  options: Readonly<Record<string, string>>,
): number {
  const { libc } = native();
  const context = checked(libc.fsopen(systemCalls.fsopen, cString(filesystem), closeOnExec), 'fsopen', device);
  try {
    for (const [key, value] of Object.entries({ source: device, ...options })) {
      const [name, setting] = [cString(key), cString(value)];
      checked(
        libc.fsconfig(systemCalls.fsconfig, context, configure.setString, name, setting, 0),
        `fsconfig(${key})`,
        device,
      );
    }
    checked(libc.fsconfig(systemCalls.fsconfig, context, configure.create, null, null, 0), 'fsconfig(create)', device);
    return checked(libc.fsmount(systemCalls.fsmount, context, closeOnExec, 0), 'fsmount', device);
  } finally {
    closeSync(context);
  }
}
