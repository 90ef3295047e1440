import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import type { Entry } from '../../domain/entry.ts';
import type { ItemDraft } from '../../domain/item.ts';
import type { RootPath } from '../../domain/path.ts';
import type { JointDecision, JointInput, JointOutcome, JointStrategy } from '../joint-strategy.ts';
import { isLeftTo } from '../joint-strategy.ts';
import { type CarriedModule, carriedModules, changedPlaces } from './carried-modules.ts';
import { chooseModules } from './choose-modules.ts';
import { canBuild, dkmsSources } from './dkms-sources.ts';
import { isIndex, kernelsOf, moduleRoot, pathOf } from './module-files.ts';
import { unfitItem } from './module-item.ts';
import { type NewKernel, newKernel } from './new-kernel.ts';
import { requestsFor } from './requests.ts';

/**
 * Kernel modules that this machine added follow it to the kernels of the new image (case 63). For the same release they
 * stay where they are. For another they go to the same place among its modules if that kernel would load them; if not,
 * there is an item. Nothing stays below a release that the new image has no kernel of. Where it has no kernel at all,
 * the kernel comes from elsewhere, and nothing is decided here.
 */
export const modules: JointStrategy = { name: 'modules', decide };

function decide(input: JointInput): JointOutcome {
  const changed = changedPlaces(input);
  const releases = changed.length === 0 ? [] : kernelsOf(input.view, 'theirs');
  if (releases.length === 0) return { decided: new Map(), items: [], owners: null };
  const carried = carriedModules(input);
  const had = new Set(kernelsOf(input.view, 'ours'));
  const fresh = releases.filter((release) => !had.has(release)).map((release) => newKernel(input.view, release));
  const { placed, unfit } = placeModules(input, carried, { fresh, had });
  const decided = new Map([
    ...leaveBehind(input, new Set(releases)),
    ...takeAlong(input, releases),
    ...keepInPlace(input, carried, releases),
    ...placed,
  ]);
  return { decided, items: unfit.map((draft) => input.settle(draft)), owners: null };
}

/** What is below a release without a kernel, and what depmod writes, is not carried. */
function leaveBehind(input: JointInput, releases: ReadonlySet<ByteString>): Map<RootPath, JointDecision> {
  const decided = new Map<RootPath, JointDecision>();
  for (const { path, release, place } of changedPlaces(input)) {
    if (!releases.has(release)) {
      decided.set(path, left(input, path, `the new image has no kernel ${displayBytes(release)}`));
    } else if (isIndex(place)) {
      decided.set(path, left(input, path, 'depmod writes it anew'));
    }
  }
  return decided;
}

/** A path that is as in the image, or not there. */
function left({ view }: JointInput, path: RootPath, reason: string): JointDecision {
  return { node: view.entry('theirs', path) === null ? 'absent' : 'theirs', reason };
}

/**
 * What else was changed beside them goes to where the image has its modules, if that is elsewhere: a single directory of
 * ours in `/lib` would keep all of the old `/lib` in the place of the image's link (cases 17, 63).
 */
function takeAlong(input: JointInput, releases: readonly ByteString[]): Map<RootPath, JointDecision> {
  const decided = new Map<RootPath, JointDecision>();
  const root = moduleRoot(input.view, 'theirs');
  for (const { path, release, place } of changedPlaces(input)) {
    const target = pathOf(root, release, place);
    if (target === path || isIndex(place) || !releases.includes(release)) continue;
    const moved = movedTo(input.view.entry('ours', path), path);
    if (moved !== null) decided.set(target, moved);
    decided.set(path, left(input, path, `goes to ${displayBytes(target)}`));
  }
  return decided;
}

function movedTo(entry: Entry | null, path: RootPath): JointDecision | null {
  const reason = `for the same kernel, from ${displayBytes(path)}`;
  if (entry?.type === 'directory') return { node: 'directory', like: path, reason };
  if (entry?.type === 'symlink') return { node: 'symlink', target: entry.target ?? '', like: path, reason };
  return entry?.type === 'file' ? { node: 'ours-from', from: path, reason } : null;
}

/** Modules of a release that the new image has too: only those have to move that a link or another root would lose. */
function keepInPlace(
  input: JointInput,
  carried: readonly CarriedModule[],
  releases: readonly ByteString[],
): Map<RootPath, JointDecision> {
  const decided = new Map<RootPath, JointDecision>();
  const leaving = new Set(carried.filter(({ release }) => !releases.includes(release)).map(({ path }) => path));
  for (const { path, release, place, source } of carried) {
    const target = pathOf(moduleRoot(input.view, 'theirs'), release, place);
    if (!releases.includes(release) || (target === path && !leaving.has(source))) continue;
    decided.set(target, {
      node: 'ours-from',
      from: source,
      reason: `for the same kernel, from ${displayBytes(source)}`,
    });
    if (target !== path) decided.set(path, left(input, path, `goes to ${displayBytes(target)}`));
  }
  return decided;
}

type Placed = { readonly placed: Map<RootPath, JointDecision>; readonly unfit: readonly ItemDraft[] };

type Kernels = { readonly fresh: readonly NewKernel[]; readonly had: ReadonlySet<ByteString> };

/** Places what fits a kernel that this machine did not have. */
function placeModules(input: JointInput, carried: readonly CarriedModule[], { fresh, had }: Kernels): Placed {
  const placed = new Map<RootPath, JointDecision>();
  const misfits = new Map<ByteString, { module: CarriedModule; reasons: Map<NewKernel, string> }>();
  // Left over from kernels that are gone, it is of no use here: nobody misses it in the new version.
  const inUse = new Set(carried.filter(({ release }) => had.size === 0 || had.has(release)).map(({ name }) => name));
  for (const kernel of fresh) {
    for (const [name, choice] of chooseModules(buildsFor(kernel, carried), kernel)) {
      const { chosen } = choice;
      const target = pathOf(moduleRoot(input.view, 'theirs'), kernel.release, chosen.place);
      // What the image has there, or an earlier run has laid there, stays.
      if (input.view.entry('theirs', target) !== null || !isLeftTo(input.verdictOf(target), 'modules')) continue;
      if (choice.outcome === 'fits') {
        const reason = `fits the kernel ${displayBytes(kernel.release)}, from ${displayBytes(chosen.path)}`;
        placed.set(target, { node: 'ours-from', from: chosen.source, reason });
      } else if (inUse.has(name)) {
        const misfit = misfits.get(name) ?? { module: chosen, reasons: new Map() };
        misfits.set(name, { ...misfit, reasons: misfit.reasons.set(kernel, choice.why) });
      }
    }
  }
  return { placed, unfit: [...misfits].map(([name, misfit]) => draftFor(input, name, misfit)) };
}

/** Builds by name, without those that the image brings for that kernel, or this machine has laid there already. */
function buildsFor(
  { release, added }: NewKernel,
  carried: readonly CarriedModule[],
): Map<ByteString, readonly CarriedModule[]> {
  const there = new Set(carried.filter((module) => module.release === release).map(({ name }) => name));
  const others = carried.filter(({ name }) => !added.has(name) && !there.has(name));
  return Map.groupBy(others, ({ name }) => name);
}

function draftFor(
  input: JointInput,
  name: ByteString,
  { module, reasons }: { readonly module: CarriedModule; readonly reasons: ReadonlyMap<NewKernel, string> },
): ItemDraft {
  const kernels = [...reasons.keys()];
  const dkms = dkmsSources(input).get(name);
  return unfitItem({
    module,
    reasons: new Map([...reasons].map(([{ release }, why]) => [release, why])),
    inKernel: kernels.every(({ own }) => own.has(name)),
    dkms:
      dkms === undefined ? null : { ...dkms, canBuild: kernels.every(({ release }) => canBuild(input.view, release)) },
    requests: requestsFor(input.view, name),
  });
}
