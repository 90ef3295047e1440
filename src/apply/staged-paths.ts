import { childOf, nameOf, parentOf, type RootPath } from '../domain/path.ts';
import type { Action, Plan } from '../domain/plan.ts';

/** An action, and where what arrives by it waits. */
export type StagedAction = { readonly action: Action; readonly staged: RootPath };

/**
 * The actions of a plan in their order. What arrives waits in the folder under the number of its action; inside a
 * directory that arrives too, under its own name, so that a directory that the result lacks goes to its place in one
 * with all that is in it. Made of the plan alone, so that a replay finds the same.
 */
export function withStagedPaths({ actions }: Plan, folder: RootPath): StagedAction[] {
  const directories = new Map<RootPath, RootPath>();
  return actions.map((action, index) => {
    const above = directories.get(parentOf(action.path));
    const staged = above === undefined ? childOf(folder, String(index)) : childOf(above, nameOf(action.path));
    if (action.kind === 'directory') directories.set(action.path, staged);
    return { action, staged };
  });
}
