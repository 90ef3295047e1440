import type { TreeFacts } from '../domain/change.ts';
import { fstab } from '../domain/initramfs-copies.ts';
import type { RootPath } from '../domain/path.ts';
import type { Verdict } from '../domain/policy.ts';
import { mergeableBytes } from '../merge/text/is-text.ts';
import { strategyOf } from './decide-content.ts';
import type { Joint } from './decide-jointly.ts';

/**
 * The files whose contents planning wants to see: those that all sides have differently and whose strategy looks inside,
 * and an fstab that was changed here, which tells whether the initramfs knows what it mounts.
 */
export function contentsNeeded(
  facts: TreeFacts,
  { decided }: Pick<Joint, 'decided'>,
  verdictOf: (path: RootPath) => Verdict,
): RootPath[] {
  const merged = facts.paths
    .filter(({ path, role, base, ours, theirs, sameContent }) => {
      if (decided.has(path)) return false;
      if (role !== 'changed' || ours?.type !== 'file' || theirs?.type !== 'file') return false;
      if (base !== null && base.type !== 'file') return false;
      // The strategy could not merge them either; reading them would only cost memory.
      if ([base, ours, theirs].some((entry) => entry !== null && entry.size > mergeableBytes)) return false;
      return !sameContent.baseOurs && !sameContent.baseTheirs && !sameContent.oursTheirs;
    })
    .map(({ path }) => path)
    .filter((path) => verdictOf(path).verb !== 'ignore' && strategyOf(verdictOf(path)).needsContents);
  const mounts = facts.paths.filter(({ path, role }) => path === fstab && role === 'changed').map(({ path }) => path);
  return [...new Set([...merged, ...mounts])];
}
