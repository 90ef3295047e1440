import { displayBytes } from '../domain/bytes.ts';
import type { Boundary } from '../domain/change.ts';
import type { Item } from '../domain/item.ts';
import { isBelow, type RootPath } from '../domain/path.ts';
import { makeItem } from './make-item.ts';
import type { PlanInput } from './plan-input.ts';
import { isDirectory, isPresent, type Proposal, theirsNode } from './proposal.ts';

/** Where the new root cannot be changed: a mount or a nested subvolume in it, or what could not be read. */
export function immovablePaths({ facts }: PlanInput): RootPath[] {
  return [...boundariesThere(facts.boundaries), ...facts.unreadable.filter(({ side }) => side === 'theirs')].map(
    ({ path }) => path,
  );
}

/**
 * Nothing is written or removed where the new root is another filesystem: what is planned there gives way, and an item
 * says so. The same holds for a path that would take the place of a directory with such a place in it.
 */
export function yieldToImmovable(proposals: readonly Proposal[], input: PlanInput): Proposal[] {
  const tree = [...proposals];
  for (const boundary of boundariesThere(input.facts.boundaries)) yieldTo(tree, boundary.path, boundary.kind, input);
  for (const { path, side, code } of input.facts.unreadable) if (side === 'theirs') yieldTo(tree, path, code, input);
  return tree;
}

function yieldTo(tree: Proposal[], place: RootPath, kind: string, input: PlanInput): void {
  const givingWay = (path: RootPath): boolean => path === place || isBelow(path, place);
  const obstacle = tree.find((proposal) => isBelow(place, proposal.facts.path) && standsInTheWay(proposal));
  const top = obstacle?.facts.path;
  const lost: RootPath[] = [];
  let carriesData = false;
  for (const [index, proposal] of tree.entries()) {
    const { path } = proposal.facts;
    const inObstacle = top !== undefined && (path === top || isBelow(path, top));
    if (!(givingWay(path) || inObstacle) || proposal.node.kind === 'theirs') continue;
    lost.push(path);
    carriesData ||= isPresent(proposal);
    const reason = `${displayBytes(place)} of the new root is ${nameOfPlace(kind)}`;
    tree[index] = { ...proposal, node: theirsNode, decision: 'not-carried', reason, items: [] };
  }
  if (lost.length === 0) return;
  const at = tree.findIndex(({ facts }) => facts.path === lost[0]);
  const proposal = tree[at];
  if (proposal !== undefined)
    tree[at] = { ...proposal, items: [immovableItem(place, kind, { lost, carriesData }, input)] };
}

/** Ours, and no directory, where theirs has a directory that must stay. */
function standsInTheWay(proposal: Proposal): boolean {
  return proposal.facts.theirs?.type === 'directory' && isPresent(proposal) && !isDirectory(proposal);
}

function boundariesThere(boundaries: readonly Boundary[]): Boundary[] {
  return boundaries.filter(({ side }) => side === 'theirs');
}

type Loss = { readonly lost: readonly RootPath[]; readonly carriesData: boolean };

/** Where only deletions are not carried, nothing is lost and nothing waits. */
function immovableItem(place: RootPath, kind: string, { lost, carriesData }: Loss, input: PlanInput): Item {
  return makeItem(
    {
      kind: 'boundary-there',
      subject: place,
      paths: lost,
      severity: carriesData ? 'error' : 'warning',
      blocks: carriesData ? 'boot' : 'nothing',
      title: `${displayBytes(place)} of the new root is ${nameOfPlace(kind)}: what was changed there is not carried`,
      detail: `Unmount it, or make the new root without it. Left as the image has it: ${lost.map(displayBytes).join(', ')}`,
      resolutions: carriesData ? [{ id: 'skip', title: 'Go on without these changes', dataLoss: 'possible' }] : [],
      facts: [kind, lost],
    },
    input,
  );
}

function nameOfPlace(kind: string): string {
  if (kind === 'mount') return 'a mount point';
  return kind === 'subvolume' ? 'a nested subvolume' : `not readable (${kind})`;
}
