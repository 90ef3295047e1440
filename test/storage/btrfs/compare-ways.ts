import assert from 'node:assert/strict';
import type { Candidates } from '../../../src/domain/candidates.ts';
import type { Entry } from '../../../src/domain/entry.ts';
import type { Place } from '../../../src/domain/volume.ts';
import type { Backend } from '../../../src/storage/backend.ts';
import { btrfsChanges } from '../../../src/storage/btrfs/change-source.ts';
import type { ChangedTree } from '../../../src/storage/change-source.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import { walkCandidates } from '../../../src/tree/walk-candidates.ts';
import { type Interest, type Walk, walkChanges } from '../../../src/tree/walk-changes.ts';
import { using } from '../objects.ts';

export const system = realSystem(['/bin/false']);

export const everything: Interest = { isIgnored: () => false, isPinned: () => false, onProgress: () => undefined };

/** Opens two directories as roots, and others. */
export function withRoots<Result>(
  [base, ours, ...others]: readonly [string, string, ...string[]],
  use: (tree: ChangedTree) => Result,
): Result {
  const opened = [base, ours, ...others].map((directory) => system.openRoot(directory));
  const [first, second, ...more] = opened;
  assert.ok(first !== undefined && second !== undefined);
  try {
    return use({ base: first, ours: second, others: more });
  } finally {
    for (const files of opened) files.close();
  }
}

/** The candidates that btrfs itself knows, or null where it does not. */
export function candidatesOf(tree: ChangedTree): Candidates | null {
  return btrfsChanges.candidatesOf(tree, system);
}

/** Fails unless looking at the candidates alone finds what looking at everything finds. */
export function assertSameFindings(tree: ChangedTree, candidates: Candidates, interest: Interest = everything): Walk {
  const { base, ours, others } = tree;
  const whole = walkChanges(base, ours, interest, others);
  const part = walkCandidates(base, ours, candidates, interest, others);
  const paths = (walk: Walk): string[] => walk.changes.map(({ path, role }) => `${role} ${JSON.stringify(path)}`);
  assert.deepEqual(paths(part), paths(whole), 'the same changes');
  assert.deepEqual(timeless(part), timeless(whole), 'the same in every property');
  return whole;
}

/** Without how it was found, and without the times that btrfs makes up for a snapshot's placeholders. */
function timeless({ changes, boundaries, unreadable }: Walk): Omit<Walk, 'scanned'> {
  const entry = (one: Entry | null): Entry | null => (one?.inode.number === 2 ? { ...one, mtime: never } : one);
  return {
    boundaries,
    unreadable,
    changes: changes.map((one) => ({ ...one, base: entry(one.base), ours: entry(one.ours) })),
  };
}

const never = { seconds: 0, nanoseconds: 0 };

/** The paths at which two objects differ, as the backend's candidates and the full comparison find them. */
export function changedPaths(backend: Backend, base: Place, ours: Place): string[] {
  const candidates = backend.candidates(base, ours);
  assert.ok(candidates !== null);
  return using(backend, base, (first) =>
    using(backend, ours, (second) => {
      const { changes } = assertSameFindings({ base: first, ours: second, others: [] }, candidates);
      return changes.map(({ path }) => path);
    }),
  );
}
