import { displayLocation } from '../domain/boot-request.ts';
import { Failure } from '../domain/failure.ts';
import type { NewRoot } from '../storage/new-root.ts';
import type { StorageKinds } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import { mountOldAndBase, prepareNewRoot, readChoices, runIn, unmountOldAndBase, waitForRoot } from './boot-roots.ts';
import { type Preview, previewMigration } from './preview-migration.ts';
import type { OnProgress } from './progress.ts';
import { readBootRequest } from './read-boot-request.ts';
import { withVolumesOfStore } from './store-of-boot.ts';

type Request = { readonly diffs: boolean; readonly onProgress: OnProgress };

/**
 * From the initramfs: what this boot's migration will do, or has done. Everything is mounted read-only and unmounted
 * again, so that the boot can go on afterwards.
 */
export async function previewAtBoot(system: System, storage: StorageKinds, request: Request): Promise<Preview> {
  const boot = readBootRequest(system);
  const newRoot = await prepareNewRoot(system, storage.newRoots, boot);
  waitForRoot(system, boot);
  if (newRoot.isCommitted()) return previewOfCommitted(system, newRoot);
  const mounted = mountOldAndBase(system, boot);
  try {
    const roots = { ...mounted, new: newRoot.openReadOnly() };
    const { changeSources, storeKinds } = storage;
    const choices = readChoices(system);
    const baseIsNew = boot.base !== null && displayLocation(boot.base) === displayLocation(boot.new);
    return await withVolumesOfStore(system, storeKinds, boot, roots, ({ parts: oldParts, reset }) =>
      previewMigration(system, {
        ...roots,
        baseIsNew,
        oldParts,
        reset,
        ...request,
        changeSources,
        policyFiles: null,
        choices,
      }),
    );
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
