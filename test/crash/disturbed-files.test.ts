import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Progress } from '../../src/flows/progress.ts';
import { Sandbox } from '../apply/sandbox.ts';
import { nodeAt } from '../property/tree-node.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { largeTrees, mebibyte } from './large-trees.ts';

/** What another program does to a file when a part of it has been copied, and what is carried then. */
const disturbances = [
  { what: 'cut short', act: (file: string) => truncateSync(file, mebibyte), carried: 'as it is then' },
  { what: 'made longer', act: (file: string) => appendFileSync(file, 'more'), carried: 'as it is then' },
  { what: 'removed', act: (file: string) => rmSync(file), carried: 'as it was' },
  { what: 'replaced by a directory', act: replaceByDirectory, carried: 'not at all' },
] as const;

function replaceByDirectory(file: string): void {
  rmSync(file);
  mkdirSync(file);
}

for (const { what, act, carried } of disturbances) {
  test(`case 8: a file that is ${what} while it is copied is carried ${carried}, with a note`, () =>
    withFilesystem('ext4', (mountpoint) => {
      const sandbox = new Sandbox(mountpoint, largeTrees(40));
      sandbox.renew();
      const digest = (side: 'ours' | 'theirs'): string | null =>
        sandbox.using((trees) => (trees[side].status('/large')?.type === 'file' ? trees[side].digest('/large') : null));
      const before = digest('ours');
      let disturbed = false;
      const onProgress = ({ phase }: Progress): void => {
        if (disturbed || phase !== 'prepare') return;
        disturbed = true;
        act(join(sandbox.oursDirectory, 'large'));
      };
      const applied = sandbox.apply({ onProgress });
      assert.ok(disturbed && applied.status === 'done');
      assert.match(applied.outcome.notes.join('\n'), /^\/large (changed in|vanished from) the old root/);
      const now = digest('ours');
      assert.notEqual(now, before);
      assert.equal(digest('theirs'), carried === 'as it was' ? before : now);
      assert.equal(nodeAt(sandbox.read(), '/small')?.content, 'small');
    }));
}
