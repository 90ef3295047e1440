import type { ByteString } from './bytes.ts';
import type { RootPath } from './path.ts';

/** A mount of this machine, as the kernel lists it. */
export type MountedFilesystem = {
  /** What statx(2) calls the mount's id. */
  readonly id: number;
  /** The mount that it is mounted in. */
  readonly parent: number;
  /** `major:minor` of the filesystem, the same for all subvolumes of one. */
  readonly device: string;
  /** What of the filesystem is mounted. */
  readonly root: RootPath;
  /** Where it is mounted. */
  readonly directory: RootPath;
  /** `ext4`, `overlay` …. */
  readonly filesystem: string;
  /** What is mounted: mostly a device. */
  readonly source: ByteString;
  /** Whether the filesystem itself is writable; this mount of it need not be. */
  readonly writable: boolean;
  /** Whether this mount is writable, if the filesystem is. */
  readonly writableHere: boolean;
  /** What the filesystem was mounted with, as it writes it: blanks and commas in values may be escaped in its own way. */
  readonly options: readonly ByteString[];
};

/** The mounts in /proc/self/mountinfo, in the order in which they lie on each other (proc_pid_mountinfo(5)). */
export function mountsOf(mountinfo: ByteString): MountedFilesystem[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [own, filesystem] = line.split(' - ');
    const [id, parent, device, root, directory, flags = ''] = (own ?? '').split(' ');
    const [type, source, settings] = (filesystem ?? '').split(' ');
    if (id === undefined || device === undefined || root === undefined || directory === undefined) return [];
    if (type === undefined || source === undefined || settings === undefined) return [];
    // A comma in a value is escaped itself.
    const options = settings.split(',').map(unescaped);
    return [
      {
        ...{ id: Number(id), parent: Number(parent), device, root: unescaped(root), directory: unescaped(directory) },
        ...{ filesystem: type, source: unescaped(source), writable: isWritable(options), options },
        writableHere: flags.split(',').includes('rw'),
      },
    ];
  });
}

/** Since Linux 6.15, ext4 says `rw` where it has turned itself read-only after an error, and this beside it. */
function isWritable(options: readonly string[]): boolean {
  return options.includes('rw') && !options.includes('emergency_ro');
}

/** Blanks and the backslash stand as three octal digits. */
function unescaped(field: string): ByteString {
  return field.replace(/\\([0-3][0-7]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}
