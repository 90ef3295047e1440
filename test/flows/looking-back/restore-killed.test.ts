import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type RestoreRequest, restorePath } from '../../../src/flows/restore/restore-path.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { Killed } from '../../apply/interruption.ts';
import { treeAt } from '../../images/unpacking.ts';
import { describeDifferences } from '../../property/describe-differences.ts';
import type { TreeNode } from '../../property/tree-node.ts';
import { cutSystem } from '../../store/cut-system.ts';
import { placeOf } from '../../versions/store-of-versions.ts';
import { type Machine, withMachine } from './machine.ts';

/** In the image, and where it is restored: nothing that is the same. */
const shipped =
  'mkdir -p srv/d/e; echo new > srv/d/a; ln srv/d/a srv/d/b; echo new > srv/d/e/f; setfattr -n user.x -v new srv/d';
const before = 'mkdir -p srv/d/g; echo old > srv/d/a; echo old > srv/d/g/h; ln -s old srv/d/link; chmod 700 srv/d';

function restoreUntil({ store }: Machine, root: string, at: number): 'killed' | 'done' {
  const { system } = cutSystem({ at, moment: 'before' });
  const request: RestoreRequest = {
    path: '/srv/d',
    from: 'one',
    what: null,
    root,
    to: null,
    force: true,
    onProgress: () => undefined,
  };
  try {
    restorePath(placeOf(btrfsBackend, store, system), request);
    return 'done';
  } catch (error) {
    if (error instanceof Killed) return 'killed';
    throw error;
  }
}

function differs(actual: string, expected: TreeNode): string[] {
  return describeDifferences(treeAt(actual), expected, new Set());
}

test('case 115: killed at any change, a restore leaves what was there or the whole of what came, and what was there is kept', async () => {
  await withMachine((machine) => {
    const root = join(machine.scratch, 'target');
    const renew = (): void => {
      execFileSync('bash', ['--norc', '-euc', `rm -rf "$0"; mkdir -p "$0/var/lib"; cd "$0"; ${before}`, root]);
    };
    renew();
    const target = join(root, 'srv/d');
    const [old, restored] = [treeAt(target), treeAt(join(machine.scratch, 'one/srv/d'))];
    const seen = { old: 0, restored: 0 };
    for (let at = 1; ; at++) {
      renew();
      if (restoreUntil(machine, root, at) === 'done') break;
      if (sameBut(target, old)) seen.old += 1;
      else {
        assert.deepEqual(differs(target, restored), [], `cut off at ${at}`);
        const kept = join(root, 'var/lib/migrate/replaced/1/srv/d');
        assert.ok(existsSync(kept) && sameBut(kept, old), `kept at ${at}`);
        seen.restored += 1;
      }
      assert.equal(restoreUntil(machine, root, Number.MAX_SAFE_INTEGER), 'done');
      assert.deepEqual(differs(target, restored), [], `run again after ${at}`);
      assert.deepEqual(readdirSync(join(root, 'srv')), ['d'], `nothing is left beside after ${at}`);
    }
    assert.ok(seen.old > 20 && seen.restored > 3, JSON.stringify(seen));
  }, shipped);
});

/** Whether it is that tree but for the times, which each renewal makes anew. */
function sameBut(directory: string, expected: TreeNode): boolean {
  return differs(directory, expected).every((line) => line.includes(': mtime is '));
}
