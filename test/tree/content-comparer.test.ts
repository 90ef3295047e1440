import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RootPath } from '../../src/domain/path.ts';
import type { ContentComparer, Files } from '../../src/system/files.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { type Walk, walkChanges } from '../../src/tree/walk-changes.ts';
import { withDamagedContent } from '../cases/damaged-file.ts';
import { file } from '../cases/trees.ts';
import { type Random, seededRandom } from '../merge/text/random.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

/** Large enough for the second thread. */
const least = 8 * 1024;

/** What stands in for the comparer of the trees, and what happens right before a content is compared, whoever does it. */
type Variation = {
  readonly comparer: (real: ContentComparer) => ContentComparer | null;
  readonly before?: (path: RootPath) => void;
};

/** What another program may do to a file. */
const disturbances: Readonly<Record<string, (path: string) => void>> = {
  changed: (path) => writeFileSync(path, Buffer.alloc(least, 'x')),
  cut: (path) => writeFileSync(path, ''),
  gone: (path) => rmSync(path),
  replaced: (path) => {
    rmSync(path);
    mkdirSync(path);
    writeFileSync(join(path, 'inside'), '');
  },
};

test('cases 1, 32: with a second thread a walk finds the same, in the same order', async () => {
  for (const seed of [1, 2, 3]) {
    await withTrees(seed, (base, ours) => {
      const taken: RootPath[] = [];
      const alone = walkOf(base, ours, { comparer: () => null });
      const helped = walkOf(base, ours, { comparer: (real) => insisting(real, taken) });
      assert.deepEqual(helped, alone);
      assert.ok(taken.length >= 100, `${taken.length} taken`);
      assert.ok(alone.changes.length >= 50, `${alone.changes.length} changes`);
      // The control: the second thread has differences to find.
      const blind = walkOf(base, ours, { comparer: () => ({ take: () => true, finish: () => [] }) });
      assert.notDeepEqual(blind, alone);
    });
  }
});

test('case 8: what changes, goes away or becomes a directory before it is compared is found as without it', async () => {
  for (const [way, act] of Object.entries(disturbances)) {
    for (const content of ['same', 'other']) {
      const alone = await disturbedWalk(content, act, () => null);
      const taken: RootPath[] = [];
      const helped = await disturbedWalk(content, act, (real) => insisting(real, taken));
      assert.deepEqual(helped, alone, `${way}, ${content}`);
      assert.deepEqual(taken, ['/a', '/b', '/c']);
    }
  }
});

test('case 8: what cannot be read is told as without the second thread', async () => {
  const content = randomBytes(least * 4).toString('latin1');
  const tree = { '/a': file('a'.repeat(least)), '/bad': file(content), '/c': file('c'.repeat(least)) };
  await withDamagedContent('ours', content, { base: tree, ours: tree, theirs: {} }, ({ base, ours }) => {
    const taken: RootPath[] = [];
    const helped = walkOf(base, ours, { comparer: (real) => insisting(real, taken) });
    assert.ok(taken.includes('/bad'));
    assert.deepEqual(helped.unreadable, [{ path: '/bad', side: 'ours', code: 'EIO', call: 'read' }]);
    assert.deepEqual(helped, walkOf(base, ours, { comparer: () => null }));
  });
});

function walkOf(base: string, ours: string, variation: Variation): Walk {
  const [left, right] = [openRoot(base), openRoot(ours)];
  try {
    vary(left, right, variation);
    const isPinned = (path: RootPath): boolean => path.includes('pinned');
    return walkChanges(left, right, { isIgnored: () => false, isPinned, onProgress: () => undefined });
  } finally {
    left.close();
    right.close();
  }
}

function vary(left: Files, right: Files, { comparer, before = () => undefined }: Variation): void {
  const real = left.contentComparer(right);
  assert.ok(real !== null);
  const varied = comparer(real);
  if (varied === null) {
    const sameContent = left.sameContent.bind(left);
    const compare: Files['sameContent'] = (path, ...others) => {
      before(path);
      return sameContent(path, ...others);
    };
    Object.assign(left, { contentComparer: () => null, sameContent: compare });
  } else {
    const take = (path: RootPath): boolean => {
      before(path);
      return varied.take(path);
    };
    Object.assign(left, { contentComparer: () => ({ ...varied, take }) });
  }
}

/** Has everything that is not small taken on by the second thread, however long it takes to start. */
function insisting(real: ContentComparer, taken: RootPath[]): ContentComparer {
  const end = performance.now() + 60_000;
  return {
    ...real,
    take: (path) => {
      let tries = 1;
      for (; !real.take(path); tries++) {
        if (path.includes('small')) return false;
        assert.ok(performance.now() < end, 'the second thread does not start');
        // By then so much was offered that it is started.
        if (tries > 4096) sleep(1);
      }
      assert.ok(!path.includes('small'));
      taken.push(path);
      return true;
    },
  };
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Two trees that have most files in common, some changed in content, attributes or both, some pinned, some only in one. */
async function withTrees(seed: number, body: (base: string, ours: string) => void): Promise<void> {
  await withFilesystem('tmpfs', (top) => {
    const [base, ours] = [join(top, 'base'), join(top, 'ours')];
    const random = seededRandom(seed);
    for (const directory of ['a', 'a/b', 'a-b', 'c']) {
      for (const root of [base, ours]) mkdirSync(join(root, directory), { recursive: true });
      for (let number = 0; number < 100; number++) {
        const name = `${directory}/${random.pick(['file', 'file', 'file', 'pinned', 'small'])}-${number}`;
        makeSides(random, join(base, name), join(ours, name));
      }
    }
    body(base, ours);
  });
}

function makeSides(random: Random, base: string, ours: string): void {
  const size = base.includes('small') ? 1 + random.below(least - 1) : least + random.below(4 * least);
  const content = randomBytes(size);
  if (random.chance(0.95)) writeFileSync(base, content);
  const at = random.pick([0, size - 1, random.below(size)]);
  if (random.chance(0.3)) content[at] = (content[at] ?? 0) ^ 1;
  writeFileSync(ours, content);
  if (random.chance(0.2)) chmodSync(ours, 0o600);
}

/** What a walk finds in three files of which the one in the middle is disturbed while the walk is there. */
async function disturbedWalk(
  content: string,
  act: (path: string) => void,
  comparer: Variation['comparer'],
): Promise<unknown> {
  const found: unknown[] = [];
  await withFilesystem('tmpfs', (top) => {
    const [base, ours] = [join(top, 'base'), join(top, 'ours')];
    for (const [root, filling] of [
      [base, 'same'],
      [ours, content],
    ] as const) {
      mkdirSync(root);
      for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), Buffer.alloc(least, filling));
    }
    let isDone = false;
    const before = (path: RootPath): void => {
      if (path !== '/b' || isDone) return;
      isDone = true;
      act(join(ours, path));
    };
    const { changes, boundaries, unreadable, scanned } = walkOf(base, ours, { comparer, before });
    assert.ok(isDone);
    found.push({ boundaries, unreadable, scanned });
    for (const change of changes) found.push([change.path, change.base?.type, change.ours?.type, change.sameContent]);
  });
  return found;
}
