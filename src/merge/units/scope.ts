import type { RootPath } from '../../domain/path.ts';
import type { Tree } from './tree.ts';

/** The units of the system, or those of every user's service manager. */
export type Scope = {
  /** Where the administrator's links and unit files lie. */
  readonly config: RootPath;
  /** Where unit files lie, in the order in which systemd looks for them (systemd.unit(5)); /run does not outlive a boot. */
  readonly files: readonly RootPath[];
  /** A directory that counts only where `/lib` is none of `/usr/lib`'s names. */
  readonly split: RootPath;
  /** Where preset files lie, the first having its way (systemd.preset(5)). */
  readonly presets: readonly RootPath[];
};

const systemScope: Scope = {
  config: '/etc/systemd/system',
  files: ['/etc/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system'],
  split: '/lib/systemd/system',
  presets: ['/etc/systemd/system-preset', '/usr/local/lib/systemd/system-preset', '/usr/lib/systemd/system-preset'],
};

const userScope: Scope = {
  config: '/etc/systemd/user',
  files: [
    '/etc/systemd/user',
    '/usr/local/share/systemd/user',
    '/usr/share/systemd/user',
    '/usr/local/lib/systemd/user',
    '/usr/lib/systemd/user',
  ],
  split: '/lib/systemd/user',
  // PID 1 applies the presets of the system alone when it boots for the first time.
  presets: [],
};

export const scopes: readonly Scope[] = [systemScope, userScope];

/** The directories in which systemd looks for unit files in this tree. */
export function unitDirectories(tree: Tree, { files, split }: Scope): readonly RootPath[] {
  return isSplit(tree) ? [...files, split] : files;
}

/** The path without the name `/lib` where that is a link to `/usr/lib`, as systemd's own links often have it. */
export function plainPath(tree: Tree, path: RootPath): RootPath {
  return path.startsWith('/lib/') && !isSplit(tree) ? `/usr${path}` : path;
}

function isSplit(tree: Tree): boolean {
  return tree.entry('/lib')?.type === 'directory';
}
