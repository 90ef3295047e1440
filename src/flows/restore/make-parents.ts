import { setAttributes } from '../../apply/set-attributes.ts';
import { displayBytes } from '../../domain/bytes.ts';
import { translateOwners } from '../../domain/owners.ts';
import { ancestorsOf, isBelow } from '../../domain/path.ts';
import { failure } from './restore-failure.ts';
import type { Trees } from './trees.ts';

/**
 * Makes the directories above the place that are missing, as they are where it comes from. On another path than its own
 * nothing says what they were like, and through a link nothing is written: then it throws Failure `no-directory`.
 */
export function makeParents({ from, to, path, target, owners }: Trees, isElsewhere: boolean): void {
  const missing = ancestorsOf(target).filter((above) => to.status(above)?.type !== 'directory');
  for (const above of missing) {
    const there = to.status(above);
    const entry = isElsewhere || !isBelow(path, above) ? null : from.entry(above);
    if (there !== null || entry?.type !== 'directory') {
      const what = there === null ? 'there is no directory' : `a ${there.type} is at`;
      throw failure('no-directory', `Cannot restore to ${displayBytes(target)}: ${what} ${displayBytes(above)}`);
    }
    to.makeDirectory(above);
    setAttributes(to, above, translateOwners(entry, owners.map), { lock: false });
  }
}
