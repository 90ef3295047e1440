import { Failure } from '../../domain/failure.ts';
import type { ItemDraft } from '../../domain/item.ts';
import type { Store } from '../../store/store.ts';
import type { BindingStep } from '../../versions/bind-volumes.ts';
import { nestedInVolume, subvolumesIn } from '../bound-volumes.ts';
import { requireMountPoint, withContentAt } from '../fill-volume.ts';
import { type PlannedBindings, planBindings, type RootsToBind } from '../plan-bindings.ts';
import type { DropInTree } from '../read-drop-ins.ts';
import type { VersionToMake } from '../version-to-make.ts';
import { withRoot } from '../with-root.ts';

/**
 * What the boot would refuse of a version's volumes as things are now: the boot decides by the same piece, and makes the
 * branches that are asked for here. Null where it would refuse nothing.
 */
export function refusedBindings(
  store: Store,
  versions: VersionToMake,
  roots: RootsToBind,
  tree: DropInTree,
): ItemDraft | null {
  try {
    const planned = planBindings(store, versions, roots, tree);
    for (const step of planned.steps) requireStep(store, step, planned);
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return draftOf(error);
  }
}

function requireStep(store: Store, step: BindingStep, { made: { old, volumes } }: PlannedBindings): void {
  if (step.kind === 'branch') {
    const from = { volume: step.volume, kind: 'branch', name: step.from } as const;
    const [nested] = subvolumesIn(store, from);
    if (nested !== undefined) throw nestedInVolume(step.volume, nested);
    const problem = store.backend.snapshotProblem?.(from) ?? null;
    if (problem !== null) throw problem;
  } else if (step.kind === 'create-branch' && step.filledFrom.root === 'old') {
    withContentAt(store, { root: old, volumes }, step.filledFrom.path, (directory, path) =>
      withRoot(store.system, directory, (files) => requireMountPoint(files, path)),
    );
  }
}

function draftOf({ message, advice, code }: Failure): ItemDraft {
  return {
    kind: 'volumes-refused',
    subject: '/',
    severity: 'error',
    blocks: 'boot',
    title: 'The boot would not make this version, for its volumes',
    detail: advice === null ? message : `${message}. ${advice}, and stage it again`,
    resolutions: [],
    facts: { code, message },
  };
}
