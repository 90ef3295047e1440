import { type ByteString, displayBytes } from '../domain/bytes.ts';
import { childOf, isBelow, type RootPath } from '../domain/path.ts';
import type { JointDecision, JointInput, JointOutcome, JointStrategy } from './joint-strategy.ts';

const settings: RootPath = '/etc';

/** Below this many names a tree is no system. */
const fewestNames = 4;

/**
 * A machine whose /etc was emptied by mistake (`rm -rf /etc/*`, case 76) must not take that into the next version too. A
 * deletion is a change like any other, so where more than half of what the old image has in /etc is gone, a person says
 * whether it is meant; without a word nothing is booted but the old system.
 */
export const emptiedSettings: JointStrategy = { name: 'emptied', decide };

function decide({ view, facts, verdictOf, settle }: JointInput): JointOutcome {
  const ours = new Set(view.names('ours', settings));
  const delivered = view.names('base', settings);
  const gone = delivered.filter((name) => !ours.has(name));
  if (!areMost(gone, delivered)) return nothing;
  // What the policy leaves to the image comes back with it, after a reset for one.
  const deleted = facts.filter((one) => one.ours === null && verdictOf(one.path).verb !== 'ignore');
  const isDeleted = (root: RootPath): boolean => deleted.some(({ path }) => path === root || isBelow(path, root));
  const missing = gone.filter((name) => isDeleted(childOf(settings, name)));
  if (!areMost(missing, delivered)) return nothing;
  const item = settle({
    kind: 'emptied',
    subject: settings,
    severity: 'error',
    blocks: 'boot',
    title: `${missing.length} of the ${delivered.length} names that the old image has in ${settings} are gone here`,
    detail: `A system without them may not start. Gone: ${missing.map(displayBytes).join(', ')}`,
    resolutions: [
      { id: 'image', title: "Take the image's in their place", dataLoss: 'none' },
      { id: 'ours', title: 'Keep them deleted; it is meant', dataLoss: 'possible' },
    ],
    facts: missing,
  });
  const roots = new Set(missing.map((name) => childOf(settings, name)));
  const isGone = (path: RootPath): boolean => roots.has(path) || [...roots].some((root) => isBelow(path, root));
  const decided = item.settled?.resolution === 'image' ? facts.filter(({ path }) => isGone(path)) : [];
  return { decided: new Map(decided.map(({ path }) => [path, takeImage])), items: [item], owners: null };
}

function areMost(names: readonly ByteString[], delivered: readonly ByteString[]): boolean {
  return delivered.length >= fewestNames && names.length * 2 > delivered.length;
}

const nothing: JointOutcome = { decided: new Map(), items: [], owners: null };
const takeImage: JointDecision = { node: 'theirs', reason: 'chosen' };
