import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { mergeText } from '../../../src/merge/text/merge-text.ts';
import { allKinds, batchesOf, describeTriple, type Kind } from './all-kinds.ts';
import { mergeWithGit } from './git-results.ts';

/** MIGRATE_TRIPLES asks for more. */
const total = Number(process.env['MIGRATE_TRIPLES'] ?? 5000);

for (const kind of allKinds(total)) {
  test(`case 29: ${kind.name} merge as git merge-file merges them: its bytes, or a conflict where it conflicts`, async (t) => {
    await compare(t, kind);
  });
}

async function compare(t: TestContext, kind: Kind): Promise<void> {
  const tally = { clean: 0, conflict: 0 };
  for (const { first, triples } of batchesOf(kind)) {
    const expected = await mergeWithGit(triples);
    for (const [index, triple] of triples.entries()) {
      const git = expected[index] ?? null;
      const merged = mergeText(triple.base, triple.ours, triple.theirs);
      const ours = merged.kind === 'merged' ? merged.content : null;
      if (ours !== git) assert.fail(describeTriple(kind, first + index, { triple, git, ours }));
      tally[git === null ? 'conflict' : 'clean'] += 1;
    }
  }
  // A generator that only ever conflicts, or never does, would show little.
  if (kind.count >= 50) assert.ok(tally.clean > 0 && tally.conflict > 0, `${kind.name}: ${JSON.stringify(tally)}`);
  t.diagnostic(JSON.stringify(tally));
}
