import type { ByteString } from './bytes.ts';
import type { RootPath } from './path.ts';

/** A mount of this machine, as the kernel lists it. */
export type MountedFilesystem = {
  /** What statx(2) calls the mount's id. */
  readonly id: number;
  /** Where it is mounted. */
  readonly directory: RootPath;
  /** What is mounted: mostly a device. */
  readonly source: ByteString;
  /** Whether the filesystem itself is writable; this mount of it need not be. */
  readonly writable: boolean;
};

/** The mounts in /proc/self/mountinfo, in the order in which they lie on each other (proc_pid_mountinfo(5)). */
export function mountsOf(mountinfo: ByteString): MountedFilesystem[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [own, filesystem] = line.split(' - ');
    const [id, , , , directory] = (own ?? '').split(' ');
    const [, source, options] = (filesystem ?? '').split(' ');
    if (id === undefined || directory === undefined || source === undefined || options === undefined) return [];
    const writable = options.split(',').includes('rw');
    return [{ id: Number(id), directory: unescaped(directory), source: unescaped(source), writable }];
  });
}

/** Blanks and the backslash stand as three octal digits. */
function unescaped(field: string): ByteString {
  return field.replace(/\\([0-3][0-7]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}
