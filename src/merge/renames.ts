import { displayBytes } from '../domain/bytes.ts';
import type { PathFacts } from '../domain/change.ts';
import type { Item } from '../domain/item.ts';
import { ancestorsOf, isBelow, type RootPath } from '../domain/path.ts';
import type { Rename } from '../domain/policy.ts';
import { renamedPath } from '../domain/rename.ts';
import type { JointDecision, JointInput, JointOutcome, JointStrategy, TreeView } from './joint-strategy.ts';
import { decideRenamed, type Renamed } from './renamed-path.ts';
import { strategyNamed } from './strategies.ts';

/**
 * Carries what was changed under an old name to the new one, where a rule tells it (`to=`) and the image has the old name
 * no more (case 61): three-way, with the image's file at the new name as theirs.
 */
export const renames: JointStrategy = { name: 'renames', decide };

function decide(input: JointInput): JointOutcome {
  const found = input.facts.flatMap((facts) => {
    const rename = renameOf(facts, input);
    return rename === null ? [] : [renamedOf(facts, rename, input.view)];
  });
  const decided = new Map<RootPath, JointDecision>();
  const items: Item[] = [];
  for (const renamed of found) {
    const outcome = isLeft(renamed, input) ? null : decideRenamed(renamed, input);
    items.push(...(outcome?.items ?? [leftItem(renamed, input)]));
    if (outcome?.decision == null) continue;
    const above = renamed.ours === null ? [] : directoriesAbove(renamed, input.view);
    for (const [path, decision] of above) if (!decided.has(path)) decided.set(path, decision);
    decided.set(renamed.to, outcome.decision);
    decided.set(renamed.from, atOldName(renamed, input.view));
  }
  return { decided, items, owners: null };
}

/** The rule that renames a path, where it was changed here, is carried, and the image no longer has the old name. */
function renameOf({ path, role, ours }: PathFacts, { view, verdictOf }: JointInput): Rename | null {
  const { verb, to } = verdictOf(path);
  if (role !== 'changed' || verb !== 'persist' || to === null) return null;
  if (ours?.type === 'socket' || ours?.type === 'whiteout') return null;
  // A link under the old name, to the new one for a while, is none of the old content.
  const there = view.entry('theirs', to.from);
  if (there !== null) return there.type === 'symlink' ? to : null;
  // An image that has neither name tells nothing, unless the one before had the old one.
  return view.entry('base', to.from) !== null || view.entry('theirs', to.to) !== null ? to : null;
}

function renamedOf({ path, base, ours }: PathFacts, rename: Rename, view: TreeView): Renamed {
  const to = renamedPath(path, rename);
  return { from: path, to, rename, base, ours, theirs: view.entry('theirs', to) };
}

/** Whether the new name is not for this strategy to decide: ours has something there, or a rule says otherwise. */
function isLeft({ ours, to }: Renamed, { view, verdictOf }: JointInput): boolean {
  const there = view.entry('ours', to);
  if (there !== null && !(there.type === 'directory' && ours?.type === 'directory')) return true;
  const { verb, strategy } = verdictOf(to);
  return verb !== 'persist' || (strategy !== null && strategyNamed(strategy.name) === null);
}

function atOldName({ from, to }: Renamed, view: TreeView): JointDecision {
  const node = view.entry('theirs', from) === null ? 'absent' : 'theirs';
  return { node, reason: `its name in the image is ${displayBytes(to)}` };
}

/** Directories of ours that the image lacks under the new name, for what arrives in them. */
function directoriesAbove({ from, rename }: Renamed, view: TreeView): [RootPath, JointDecision][] {
  const renamed = ancestorsOf(from).filter((directory) => directory === rename.from || isBelow(directory, rename.from));
  return renamed.flatMap((directory) => {
    const to = renamedPath(directory, rename);
    if (view.entry('theirs', to) !== null || view.entry('ours', to) !== null) return [];
    const reason = `its name was ${displayBytes(directory)}; something in it is carried`;
    return [[to, { node: 'directory', like: directory, reason }]];
  });
}

function leftItem({ from, to }: Renamed, { settle }: JointInput): Item {
  const [old, now] = [displayBytes(from), displayBytes(to)];
  return settle({
    kind: 'not-renamed',
    subject: from,
    paths: [from, to],
    severity: 'warning',
    blocks: 'nothing',
    title: `${old} was changed here, and the image calls it ${now}, where it cannot go`,
    detail: `What stands at ${now} is of another kind, or has a rule or changes of its own; ${old} is treated as if it had no new name`,
    resolutions: [],
    facts: [old, now],
  });
}
