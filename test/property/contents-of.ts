import { childOf, type RootPath } from '../../src/domain/path.ts';
import type { DropInTree } from '../../src/flows/read-drop-ins.ts';

/** The record of a migration, and what may have been made to hold it. */
const state: readonly RootPath[] = ['/var', '/var/lib', '/var/lib/migrate'];

/** Names, types, targets and contents of all that is in a tree, but for the record of a migration. */
export function contentsOf(tree: DropInTree): Map<RootPath, string> {
  return new Map(below(tree, '/').filter(([path]) => !state.includes(path) && !path.startsWith('/var/lib/migrate/')));
}

function below(tree: DropInTree, directory: RootPath): (readonly [RootPath, string])[] {
  return tree.list(directory).flatMap((name) => {
    const path = childOf(directory, name);
    const entry = tree.entry(path);
    const content = entry?.type === 'file' ? tree.read(path) : (entry?.target ?? '');
    const own = [path, `${entry?.type} ${content}`] as const;
    return entry?.type === 'directory' ? [own, ...below(tree, path)] : [own];
  });
}
