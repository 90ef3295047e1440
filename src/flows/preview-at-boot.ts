import { Failure } from '../domain/failure.ts';
import type { NewRoot, NewRootKind } from '../storage/new-root.ts';
import type { System } from '../system/system.ts';
import {
  baseDirectory,
  mountOldAndBase,
  oldDirectory,
  prepareNewRoot,
  readChoices,
  runIn,
  unmountOldAndBase,
  waitForRoot,
} from './boot-roots.ts';
import { type Preview, previewMigration } from './preview-migration.ts';
import type { OnProgress } from './progress.ts';
import { readBootRequest } from './read-boot-request.ts';

type Request = { readonly diffs: boolean; readonly onProgress: OnProgress };

/**
 * From the initramfs: what this boot's migration will do, or has done. Everything is mounted read-only and unmounted
 * again, so that the boot can go on afterwards.
 */
export function previewAtBoot(system: System, kinds: readonly NewRootKind[], request: Request): Preview {
  const boot = readBootRequest(system);
  const newRoot = prepareNewRoot(system, kinds, boot);
  waitForRoot(system, boot);
  if (newRoot.isCommitted()) return previewOfCommitted(system, newRoot);
  mountOldAndBase(system, boot);
  try {
    const trees = { base: baseDirectory, old: oldDirectory, new: newRoot.openReadOnly() };
    return previewMigration(system, { ...trees, ...request, policyFiles: null, choices: readChoices(system) });
  } finally {
    unmountOldAndBase(system);
    newRoot.close();
  }
}

/** Old and base may be gone by then. */
function previewOfCommitted(system: System, newRoot: NewRoot): Preview {
  const found = runIn(system, newRoot);
  if (found.state === 'committed') return { plan: found.plan, diffs: [], applied: true };
  throw new Failure({
    code: 'foreign-root',
    kind: 'failed',
    message: 'Cannot show a plan: what root= names was not made by a migration',
  });
}
