import { displayBytes } from '../domain/bytes.ts';
import type { Item } from '../domain/item.ts';
import { parentOf, type RootPath } from '../domain/path.ts';
import { nameOfType } from './clash-item.ts';
import { fingerprintFacts, makeItem } from './make-item.ts';
import type { PlanInput } from './plan-input.ts';
import { isDirectory, isPresent, type Proposal, theirsNode } from './proposal.ts';

/**
 * What was decided together with other paths may come to lie where the result has no directory: under a link of the
 * image's, or under something of ours. There it cannot stand, and a person says whether the rest goes on without it.
 * Proposals in the order of a walk, fitted otherwise; returned in the same order.
 */
export function yieldToObstacles(tree: readonly Proposal[], input: PlanInput): Proposal[] {
  const obstacles = new Map<RootPath, RootPath>();
  const lost = new Map<RootPath, RootPath[]>();
  const fitted = tree.map((proposal) => {
    const { path } = proposal.facts;
    const obstacle = obstacles.get(parentOf(path));
    if (obstacle !== undefined) {
      obstacles.set(path, obstacle);
      if (carries(proposal)) lost.set(obstacle, [...(lost.get(obstacle) ?? []), path]);
      return isPresent(proposal) ? givingWay(proposal, obstacle) : proposal;
    }
    if (isPresent(proposal) && !isDirectory(proposal)) obstacles.set(path, path);
    return proposal;
  });
  return fitted.map((proposal) => {
    const paths = lost.get(proposal.facts.path);
    if (paths === undefined) return proposal;
    return { ...proposal, items: [...proposal.items, obstacleItem(proposal, paths, input)] };
  });
}

/** Something of ours, hidden already where the image has something there too. */
function carries(proposal: Proposal): boolean {
  return isPresent(proposal) || (proposal.decision === 'hidden' && proposal.facts.ours !== null);
}

function givingWay(proposal: Proposal, obstacle: RootPath): Proposal {
  const reason = `${displayBytes(obstacle)} is no directory in the result`;
  return { ...proposal, node: theirsNode, decision: 'not-carried', reason, items: [] };
}

function obstacleItem({ node, facts }: Proposal, paths: readonly RootPath[], input: PlanInput): Item {
  const there = node.kind === 'theirs' ? facts.theirs : facts.ours;
  return makeItem(
    {
      kind: 'no-directory',
      subject: facts.path,
      paths: [facts.path, ...paths],
      severity: 'error',
      blocks: 'boot',
      title: `${displayBytes(facts.path)} is ${nameOfType(there)} in the new version: what belongs in it is not carried`,
      detail: `It stays readable in the old version: ${paths.map(displayBytes).join(', ')}`,
      resolutions: [{ id: 'skip', title: 'Go on without it', dataLoss: 'possible' }],
      facts: [fingerprintFacts(facts), paths],
    },
    input,
  );
}
