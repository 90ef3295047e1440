import { readFileSync } from 'node:fs';
import { bytesOfText } from '../domain/bytes.ts';
import { mountsOf } from '../domain/mountinfo.ts';

/** Whether something is mounted on the directory, an absolute path without links in it. */
export function isMountPoint(directory: string): boolean {
  const path = bytesOfText(directory);
  return mountsOf(readFileSync('/proc/self/mountinfo', 'latin1')).some((mount) => mount.directory === path);
}
