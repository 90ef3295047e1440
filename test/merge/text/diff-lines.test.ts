import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffLines } from '../../../src/merge/text/diff-lines.ts';
import { unifiedDiff } from '../../../src/merge/text/unified-diff.ts';
import { allKinds, batchesOf, describeTriple, type Kind } from './all-kinds.ts';
import { diffWithGit } from './git-results.ts';

// A merge tells little of the alignment it rests on: one bit where it conflicts. A diff shows every line of it.
const total = Number(process.env['MIGRATE_TRIPLES'] ?? 2000);

for (const kind of allKinds(total)) {
  test(`${kind.name} are aligned as git aligns them, line by line`, async () => {
    await compare(kind);
  });
}

test('two empty sequences have no hunks', () => {
  assert.deepEqual(diffLines(Int32Array.of(), Int32Array.of()), []);
});

test('a hunk names the lines of both sides', () => {
  const hunks = diffLines(Int32Array.of(1, 2, 3, 4), Int32Array.of(1, 5, 6, 3));
  assert.deepEqual(hunks, [
    { aFrom: 1, aTo: 2, bFrom: 1, bTo: 3 },
    { aFrom: 3, aTo: 4, bFrom: 4, bTo: 4 },
  ]);
});

async function compare(kind: Kind): Promise<void> {
  for (const { first, triples } of batchesOf(kind)) {
    const expected = await diffWithGit(triples);
    for (const [index, { base, ours }] of triples.entries()) {
      const shown = unifiedDiff(base, ours, { fromName: 'base', toName: 'ours' }).replace('--- base\n+++ ours\n', '');
      const git = expected[index];
      if (shown !== git) assert.fail(describeTriple(kind, first + index, { base, ours, git, shown }));
    }
  }
}
