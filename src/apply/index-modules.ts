import { textOrBytes } from '../domain/bytes.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import type { Commands } from '../system/commands.ts';
import type { Files } from '../system/files.ts';

/**
 * Where kernel modules were carried, has the result's own depmod index them: modprobe knows only what the index names, and
 * the index is the image's. Returns the files of the indexes. Safe to repeat.
 */
export function indexModules(plan: Plan, result: Files, commands: Commands): RootPath[] {
  const indexes: RootPath[] = [];
  for (const release of releasesTouched(plan)) {
    if (!hasKernel(result, release)) continue;
    commands.run('chroot', [textOrBytes(result.root), 'depmod', release]);
    indexes.push(...indexesOf(release, result));
  }
  return indexes;
}

/** The kernel releases among whose modules, compressed or not, something comes or goes. */
function releasesTouched({ actions }: Plan): Set<string> {
  const releases = new Set<string>();
  for (const { kind, path } of actions) {
    const release = /^(?:\/usr)?\/lib\/modules\/([^/]+)\/./.exec(path)?.[1];
    if (release !== undefined && kind !== 'attributes') releases.add(release);
  }
  return releases;
}

function indexesOf(release: string, result: Files): RootPath[] {
  return directoriesOf(release).flatMap((directory) => {
    if (result.status(directory)?.type !== 'directory') return [];
    const names = result.list(directory).filter((name) => name.startsWith('modules.'));
    return names.map((name) => childOf(directory, name));
  });
}

/** Modules of a kernel that the image does not have need no index. */
function hasKernel(result: Files, release: string): boolean {
  return directoriesOf(release).some((directory) =>
    ['modules.builtin', 'kernel'].some((name) => result.status(`${directory}/${name}`) !== null),
  );
}

function directoriesOf(release: string): RootPath[] {
  return [`/usr/lib/modules/${release}`, `/lib/modules/${release}`];
}
