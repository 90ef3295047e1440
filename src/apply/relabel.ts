import { textOfBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import type { Commands } from '../system/commands.ts';
import type { Files } from '../system/files.ts';

/**
 * Labels what was carried as the new image's SELinux policy says, last of all (case 41). Works on a machine without
 * SELinux too, since labels are extended attributes. Where no `setfiles` can do it, the new system is told to label itself
 * at its first start. Returns notes.
 */
export function relabel(plan: Plan, result: Files, commands: Commands): string[] {
  const contexts = fileContexts(result);
  const paths = [...new Set(plan.actions.filter(({ kind }) => kind !== 'remove').map(({ path }) => path))];
  if (contexts === null || paths.length === 0) return [];
  const input = paths.map((path) => `${path}\0`).join('');
  const inside = ['/usr/sbin/setfiles', '/sbin/setfiles'].find((program) => result.status(program)?.type === 'file');
  try {
    if (inside !== undefined) {
      commands.run('chroot', [result.root, inside, '-F', '-0', '-f', '-', contexts], { input });
    } else {
      const hostPaths = paths.map((path) => `${result.root}${path}\0`).join('');
      commands.run('setfiles', ['-F', '-r', result.root, '-0', '-f', '-', `${result.root}${contexts}`], {
        input: hostPaths,
      });
    }
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (result.status('/.autorelabel') === null) result.create('/.autorelabel', '');
    return [`SELinux labels are set at the first start of the new system, which restarts once: ${error.message}`];
  }
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
