import type { NewRootKind } from '../storage/new-root.ts';
import type { System } from '../system/system.ts';
import {
  baseDirectory,
  mountOldAndBase,
  oldDirectory,
  prepareNewRoot,
  readBootRequest,
  readChoices,
  unmountOldAndBase,
} from './boot-work.ts';
import { type Preview, previewMigration } from './preview-migration.ts';
import type { OnProgress } from './progress.ts';

type Request = { readonly diffs: boolean; readonly onProgress: OnProgress };

/**
 * From the initramfs: what this boot's migration will do, or has done. Everything is mounted read-only and unmounted
 * again, so that the boot can go on afterwards.
 */
export function previewAtBoot(system: System, kinds: readonly NewRootKind[], request: Request): Preview {
  const boot = readBootRequest(system);
  const newRoot = prepareNewRoot(system, kinds, boot);
  mountOldAndBase(system, boot);
  try {
    const trees = { base: baseDirectory, old: oldDirectory, new: newRoot.openReadOnly() };
    return previewMigration(system, { ...trees, ...request, policyFiles: null, choices: readChoices(system) });
  } finally {
    unmountOldAndBase(system);
    newRoot.close();
  }
}
