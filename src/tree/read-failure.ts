import { displayBytes } from '../domain/bytes.ts';
import type { Unreadable } from '../domain/change.ts';
import { isGone, SystemCallError } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

/** A live tree may change under a path several times; a path that never holds still is not readable. */
const attempts = 4;

/**
 * Looks at a path until it holds still meanwhile (case 8). A failure of one path is recorded and gives null, so that it
 * never stops the rest; anything but a system call's is a defect.
 */
export function looking<Result>(
  path: RootPath,
  sides: Readonly<Partial<Record<Unreadable['side'], Files>>>,
  unreadable: Unreadable[],
  look: (attempt: number) => Result,
): Result | null {
  for (let attempt = 1; ; attempt++) {
    try {
      return look(attempt);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      if (isGone(error) && attempt < attempts) continue;
      unreadable.push({ path, side: sideOf(error, sides), code: error.code, call: error.call });
      return null;
    }
  }
}

/** The side whose root holds the path that failed; roots may lie inside each other. */
function sideOf(
  error: SystemCallError,
  sides: Readonly<Partial<Record<Unreadable['side'], Files>>>,
): Unreadable['side'] {
  let best: { side: Unreadable['side']; root: string } = { side: 'ours', root: '' };
  for (const side of ['base', 'ours', 'theirs'] as const) {
    const files = sides[side];
    const root = files === undefined ? undefined : displayBytes(files.root);
    if (root !== undefined && error.path.startsWith(root) && root.length > best.root.length) best = { side, root };
  }
  return best.side;
}
