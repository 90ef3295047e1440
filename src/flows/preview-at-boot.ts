import { Failure } from '../domain/failure.ts';
import type { NewRoot } from '../storage/new-root.ts';
import type { StorageKinds } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import { mountOldAndBase, prepareNewRoot, readChoices, runIn, unmountOldAndBase, waitForRoot } from './boot-roots.ts';
import { type Preview, previewMigration } from './preview-migration.ts';
import type { OnProgress } from './progress.ts';
import { readBootRequest } from './read-boot-request.ts';

type Request = { readonly diffs: boolean; readonly onProgress: OnProgress };

/**
 * From the initramfs: what this boot's migration will do, or has done. Everything is mounted read-only and unmounted
 * again, so that the boot can go on afterwards.
 */
export function previewAtBoot(system: System, storage: StorageKinds, request: Request): Preview {
  const boot = readBootRequest(system);
  const newRoot = prepareNewRoot(system, storage.newRoots, boot);
  waitForRoot(system, boot);
  if (newRoot.isCommitted()) return previewOfCommitted(system, newRoot);
  const mounted = mountOldAndBase(system, boot);
  try {
    const trees = { ...mounted, new: newRoot.openReadOnly() };
    const { changeSources } = storage;
    const choices = readChoices(system);
    return previewMigration(system, { ...trees, ...request, changeSources, policyFiles: null, choices });
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
