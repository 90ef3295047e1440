import { displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { parentOf, type RootPath } from '../domain/path.ts';
import type { Action, Plan } from '../domain/plan.ts';
import type { Files } from '../system/files.ts';
import type { Derived } from './regenerate.ts';
import { foldersOfRecords, stagingFolder } from './run-folder.ts';
import { setAttributes, setLock, unlocked } from './set-attributes.ts';
import { type StagedAction, withStagedPaths } from './staged-paths.ts';

/**
 * Makes the result from what is prepared. Every step is safe to repeat, so a run that was interrupted is replayed from
 * its start: removals from the leaves up, then what arrives from the root down, then what derives from it, then attributes
 * from the leaves up, so that nothing that follows touches a directory's time. Returns what was derived.
 */
export function replace(
  plan: Plan,
  result: Files,
  { vanished, derive }: { readonly vanished: readonly RootPath[]; readonly derive: () => Derived },
): Derived {
  const gone = new Set(vanished);
  const actions = withStagedPaths(plan, stagingFolder(plan)).filter(({ action }) => !gone.has(action.path));
  const backwards = actions.toReversed();
  for (const { action } of backwards) if (action.kind === 'remove') removeIdempotent(result, action);
  arriveAll(result, actions);
  const derived = derive();
  for (const { action } of backwards) settle(result, action, derived);
  return derived;
}

/** Removes what is at the path, unless it is gone or has been replaced by something of the other kind already. */
function removeIdempotent(result: Files, { path, directory }: Extract<Action, { kind: 'remove' }>): void {
  const status = result.status(path);
  if (status === null || (status.type === 'directory') !== directory) return;
  unlocked(result, [path, parentOf(path)], () => {
    if (directory) result.removeDirectory(path);
    else result.unlink(path);
  });
}

function arriveAll(result: Files, actions: readonly StagedAction[]): void {
  /** Directories that are in their place with all that waited in them. */
  const whole = new Set<RootPath>();
  for (const { action, staged } of actions) {
    const { kind, path } = action;
    if (kind === 'remove' || kind === 'attributes') continue;
    const arrived = whole.has(parentOf(path)) || arrive(result, { path, staged }, kind === 'directory');
    if (arrived && kind === 'directory') whole.add(path);
  }
}

/** False for a directory that the result has itself: what waits in the other one arrives piece by piece. */
function arrive(result: Files, { path, staged }: Arrival, isDirectory: boolean): boolean {
  // Gone from its place means that it has arrived before.
  if (result.status(staged) === null) return true;
  if (isDirectory && result.status(path) !== null) return false;
  unlocked(result, [path, parentOf(path)], () => result.rename(staged, path));
  return true;
}

type Arrival = { readonly path: RootPath; readonly staged: RootPath };

function settle(result: Files, action: Action, { remade }: Derived): void {
  const { kind, path } = action;
  if (kind === 'remove' || kind === 'link') return;
  if (kind === 'file' || kind === 'symlink' || kind === 'node') {
    if (kind === 'file') setLock(result, path, action.attributes);
    return;
  }
  if (result.status(path) === null) {
    if (remade(action)) return;
    throw missing(path);
  }
  unlocked(result, [path], () => setAttributes(result, path, action.attributes, { lock: !foldersOfRecords.has(path) }));
}

function missing(path: RootPath): Failure {
  return new Failure({
    code: 'result-changed',
    kind: 'failed',
    message: `Cannot set attributes of ${displayBytes(path)}: it is not in the result`,
    advice: 'The new root changed while it was migrated: make it again from its image',
  });
}
