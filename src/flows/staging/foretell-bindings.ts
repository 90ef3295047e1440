import { Failure } from '../../domain/failure.ts';
import type { ItemDraft } from '../../domain/item.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Store } from '../../store/store.ts';
import type { BindingStep } from '../../versions/bind-volumes.ts';
import { nestedInVolume, subvolumesIn } from '../bound-volumes.ts';
import { requireMountPoint, volumeAt, withContentAt } from '../fill-volume.ts';
import { type PlannedBindings, planBindings, type RootsToBind } from '../plan-bindings.ts';
import type { OnProgress } from '../progress.ts';
import type { DropInTree } from '../read-drop-ins.ts';
import type { VersionToMake } from '../version-to-make.ts';
import { withRoot } from '../with-root.ts';
import { type Filled, requireRoom, sizeCarried, sum } from './foretell-room.ts';
import { type Measuring, measureFilling, noSize, type Size, sharesContent } from './measure-filling.ts';

/** The migration of the root, and who hears how far measuring is. */
export type Migration = { readonly plan: Plan; readonly onProgress: OnProgress };

/**
 * What the boot would refuse of a version's volumes as things are now: the boot decides by the same piece, and makes the
 * branches that are asked for here. Null where it would refuse nothing, and there is room for what it copies. A reset that
 * destroys everything else makes itself room.
 */
export function refusedBindings(
  store: Store,
  versions: VersionToMake,
  roots: RootsToBind,
  tree: DropInTree,
  { plan, onProgress }: Migration,
): ItemDraft | null {
  let done = 0;
  const onEntries = (count: number): void => {
    done += count;
    onProgress({ phase: 'measure', done, total: null, unit: 'entries' });
  };
  try {
    const planned = planBindings(store, versions, roots, tree);
    for (const step of planned.steps) requireStep(store, step, planned);
    if (versions.version.reset?.mode === 'total') return null;
    const filled = planned.steps.flatMap((step) => filledBy({ store, planned, plan, onEntries }, step));
    requireRoom(store, sizeCarried(plan, '/'), filled);
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

type ToMeasure = Pick<Measuring, 'store' | 'onEntries'> &
  Pick<Migration, 'plan'> & { readonly planned: PlannedBindings };

/** What a step copies: from the parent, or from the new root, in which the image's and what is carried have come together. */
function filledBy({ store, planned: { made }, plan, onEntries }: ToMeasure, step: BindingStep): Filled[] {
  if (step.kind !== 'create-branch') return [];
  const { volume, filledFrom } = step;
  const { old, result, volumes } = made;
  const { path: at } = filledFrom;
  if (filledFrom.root === 'new') return [{ volume, path: at, size: sizeOfNew({ store, plan, onEntries }, result, at) }];
  const within = volumeAt(volumes, at)?.volume.mountPoint ?? '';
  const size = withContentAt(store, { root: old, volumes }, at, (directory, path) =>
    withRoot(store.system, directory, (files) => measureFilling({ files, path }, { store, within, onEntries })),
  );
  return [{ volume, path: at, size }];
}

function sizeOfNew({ store, plan, onEntries }: Omit<ToMeasure, 'planned'>, image: string, path: RootPath): Size {
  return withRoot(store.system, image, (files) => {
    if (sharesContent(store, files)) return noSize;
    return sum(measureFilling({ files, path }, { store, within: '', onEntries }), sizeCarried(plan, path));
  });
}

function draftOf({ message, advice, code }: Failure): ItemDraft {
  const isRoom = code === 'no-space';
  return {
    kind: isRoom ? 'no-space' : 'volumes-refused',
    subject: '/',
    severity: 'error',
    blocks: 'boot',
    title: isRoom ? 'There is no room for this version' : 'The boot would not make this version, for its volumes',
    detail: advice === null ? message : `${message}. ${advice}, and stage it again`,
    resolutions: [],
    facts: { code, message },
  };
}
