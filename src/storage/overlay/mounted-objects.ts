import type { ByteString } from '../../domain/bytes.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import { type MountedFilesystem, mountsOf } from '../../domain/mountinfo.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Status } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { type MountNamespace, mountNamespaces } from '../mount-namespaces.ts';

/** A mount of an object. */
export type MountedOverlay = {
  readonly mount: MountedFilesystem;
  readonly namespace: MountNamespace;
};

/** What tells the mounts of an object. */
export type Looks = {
  /** Its topmost directory, where in the store that lies, and what it is. */
  readonly path: RootPath;
  readonly status: Status | null;
  /** Where it lies, as /proc/PID/mountinfo says it of a mount of that directory. */
  readonly plain: Pick<MountedFilesystem, 'device' | 'root'>;
  /** What its mounts are called. */
  readonly name: ByteString;
};

/**
 * The mounts of an object that any process has. One that another program has made counts where its upper directory is the
 * object's; where that cannot be looked at, since it was mounted under another name, the end of its path tells.
 */
export function mountsOfObject(
  system: System,
  looks: Looks,
  namespaces: readonly MountNamespace[] = mountNamespaces(system),
): MountedOverlay[] {
  const mounted = namespaces.flatMap((namespace) =>
    namespace.mounts.flatMap((mount) => (isMountOf(system, namespace, mount, looks) ? [{ mount, namespace }] : [])),
  );
  // Whose process has ended meanwhile could not be looked at: its mounts are gone, or other processes have them too.
  const isLate = mounted.some(({ namespace }) => !system.exists(`/proc/${namespace.process}`));
  return isLate ? mountsOfObject(system, looks) : mounted;
}

function isMountOf(system: System, namespace: MountNamespace, mount: MountedFilesystem, looks: Looks): boolean {
  if (isPlainMount(mount, looks)) return true;
  const top = topOf(mount);
  const isTop = top !== null && isTopOf(system, namespace, top.directory, looks);
  if (isTop === false || (isTop === 'by its name' && isGone(system, namespace, mount))) return false;
  // Layers are shared: which object it is that is only read is told by the name that it was mounted under.
  return top?.isUpper === true || mount.source === looks.name;
}

/** Whether a branch's own directory is mounted as it is: what lies on no layers is. */
function isPlainMount({ device, root }: MountedFilesystem, { plain }: Looks): boolean {
  return device === plain.device && root === plain.root;
}

function isSame({ inode }: Status, status: Status | null): boolean {
  return status === null || (inode.device === status.inode.device && inode.number === status.inode.number);
}

type Top = { readonly directory: ByteString; readonly isUpper: boolean };

/** The topmost directory of an overlay mount, as its options tell it. */
function topOf({ filesystem, options }: MountedFilesystem): Top | null {
  if (filesystem !== 'overlay') return null;
  const upper = settingOf(options, 'upperdir=');
  if (upper !== null) return { directory: unescaped(upper), isUpper: true };
  const lower = settingOf(options, 'lowerdir=') ?? settingOf(options, 'lowerdir+=');
  const [topmost] = lower?.match(/^(?:\\.|[^\\:])+/s) ?? [];
  return topmost === undefined ? null : { directory: unescaped(topmost), isUpper: false };
}

function settingOf(options: readonly ByteString[], name: string): ByteString | null {
  return options.find((option) => option.startsWith(name))?.slice(name.length) ?? null;
}

function unescaped(path: ByteString): ByteString {
  return path.replace(/\\(.)/gs, '$1');
}

function isTopOf(
  system: System,
  { process }: MountNamespace,
  directory: ByteString,
  { path, status }: Looks,
): boolean | 'by its name' {
  // By mount.migrate, from where it was when it mounted.
  if (!directory.startsWith('/')) return path.endsWith(`/${directory}`) && 'by its name';
  const found = statusSeenBy(system, process, directory);
  if (found === null || status === null) return directory.endsWith(path) && 'by its name';
  return isSame(found, status);
}

/** Whether it was unmounted meanwhile; of a process that has ended that cannot be told. */
function isGone({ readFile }: System, { process }: MountNamespace, { id }: MountedFilesystem): boolean {
  try {
    return mountsOf(readFile(`/proc/${process}/mountinfo`)).every((one) => one.id !== id);
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** What a process sees at a path. */
function statusSeenBy({ openRoot }: System, process: string, path: ByteString): Status | null {
  try {
    const files = openRoot(`/proc/${process}/root`);
    try {
      return files.status(path);
    } finally {
      files.close();
    }
  } catch (error) {
    if (error instanceof SystemCallError) return null;
    throw error;
  }
}
