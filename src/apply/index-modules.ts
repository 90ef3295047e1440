import { textOrBytes } from '../domain/bytes.ts';
import type { Plan } from '../domain/plan.ts';
import type { Commands } from '../system/commands.ts';
import type { Files } from '../system/files.ts';

/**
 * Where kernel modules were carried, has the result's own depmod index them: modprobe knows only what the index names, and
 * the index is the image's. Safe to repeat.
 */
export function indexModules(plan: Plan, result: Files, commands: Commands): void {
  for (const release of releasesTouched(plan)) {
    if (!hasKernel(result, release)) continue;
    commands.run('chroot', [textOrBytes(result.root), 'depmod', release]);
  }
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

/** Modules of a kernel that the image does not have need no index. */
function hasKernel(result: Files, release: string): boolean {
  const directories = [`/usr/lib/modules/${release}`, `/lib/modules/${release}`];
  return directories.some((directory) =>
    ['modules.builtin', 'kernel'].some((name) => result.status(`${directory}/${name}`) !== null),
  );
}
