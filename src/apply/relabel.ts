import { textOfBytes, textOrBytes } from '../domain/bytes.ts';
import { lockingFlags } from '../domain/entry.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import type { Commands } from '../system/commands.ts';
import type { Files } from '../system/files.ts';

/**
 * Labels what was carried as the new image's SELinux policy says, last of all (case 41). Works on a machine without
 * SELinux too, since labels are extended attributes. Where no `setfiles` can do it, the new system is told to label itself
 * at its first start. `places` are paths that no action names; directories stand for all below them. Returns notes.
 */
export function relabel(
  plan: Pick<Plan, 'actions'>,
  places: readonly RootPath[],
  result: Files,
  commands: Commands,
): string[] {
  const contexts = fileContexts(result);
  if (contexts === null) return [];
  const carried = plan.actions.filter(({ kind }) => kind !== 'remove').map(({ path }) => path);
  const paths = [...new Set([...carried, ...places])].filter((path) => result.status(path) !== null);
  if (paths.length === 0) return [];
  const root = textOrBytes(result.root);
  const input = paths.map((path) => `${path}\0`).join('');
  const inside = ['/usr/sbin/setfiles', '/sbin/setfiles'].find((program) => result.status(program)?.type === 'file');
  const locked = unlock(paths, result);
  try {
    if (inside !== undefined) {
      commands.run('chroot', [root, inside, '-F', '-0', '-f', '-', contexts], { input });
    } else {
      const hostPaths = paths.map((path) => `${result.root}${path}\0`).join('');
      commands.run('setfiles', ['-F', '-r', root, '-0', '-f', '-', `${root}${contexts}`], {
        input: hostPaths,
      });
    }
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    orderRelabel(result);
    return [`SELinux labels are set at the first start of the new system, which restarts once: ${error.message}`];
  } finally {
    for (const [path, flags] of locked) result.setFlags(path, flags);
  }
}

/** A label cannot be set where a flag locks (EPERM). Returns the flags to set again. */
function unlock(paths: readonly RootPath[], result: Files): Map<RootPath, number> {
  const locked = new Map<RootPath, number>();
  for (const path of paths) {
    const flags = result.entry(path)?.flags ?? 0;
    if ((flags & lockingFlags) === 0) continue;
    result.setFlags(path, flags & ~lockingFlags);
    locked.set(path, flags);
  }
  return locked;
}

/** The order's own file leaves the time of the root directory as it was. */
function orderRelabel(result: Files): void {
  const before = result.status('/');
  if (result.status('/.autorelabel') === null) result.create('/.autorelabel', '');
  if (before !== null) result.setModified('/', before.mtime);
}

/** The policy's file of contexts, or null where SELinux is off or not there. */
function fileContexts(result: Files): RootPath | null {
  const config = '/etc/selinux/config';
  if (result.status(config)?.type !== 'file') return null;
  const settings = textOfBytes(result.read(config)) ?? '';
  const mode = /^\s*SELINUX\s*=\s*(\w+)/m.exec(settings)?.[1];
  const type = /^\s*SELINUXTYPE\s*=\s*(\w+)/m.exec(settings)?.[1];
  if (mode === undefined || mode === 'disabled' || type === undefined) return null;
  const contexts = `/etc/selinux/${type}/contexts/files/file_contexts`;
  return result.status(contexts)?.type === 'file' ? contexts : null;
}
