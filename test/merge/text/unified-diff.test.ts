import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { unifiedDiff } from '../../../src/merge/text/unified-diff.ts';
import { allKinds, batchesOf, describeTriple, type Kind } from './all-kinds.ts';

const names = { fromName: 'old/file', toName: 'new/file' };

test('a diff has a header, hunks with three lines of context, and marks a missing newline', () => {
  const a = 'a\nb\nc\nd\ne\nf\n';
  assert.equal(
    unifiedDiff(a, 'a\nb\nc\nd\nE\nf', names),
    '--- old/file\n+++ new/file\n@@ -2,5 +2,5 @@\n b\n c\n d\n-e\n-f\n+E\n+f\n\\ No newline at end of file\n',
  );
});

test('equal contents have no diff', () => {
  assert.equal(unifiedDiff('a\n', 'a\n', names), '');
});

test('one line is shown without a count, and no lines stand after line 0', () => {
  assert.equal(unifiedDiff('', 'a\n', names), '--- old/file\n+++ new/file\n@@ -0,0 +1 @@\n+a\n');
  assert.equal(unifiedDiff('a\n', '', names), '--- old/file\n+++ new/file\n@@ -1 +0,0 @@\n-a\n');
});

test('changes share a hunk while their context touches, and not beyond', () => {
  const lines = Array.from({ length: 20 }, (_, index) => `${index}\n`);
  const changed = (...at: number[]): string =>
    lines.map((line, index) => (at.includes(index) ? `new ${line}` : line)).join('');
  const hunksOf = (to: string, context: number): number =>
    unifiedDiff(lines.join(''), to, { ...names, context })
      .split('\n')
      .filter((line) => line.startsWith('@@')).length;
  assert.equal(hunksOf(changed(5, 12), 3), 1);
  assert.equal(hunksOf(changed(5, 13), 3), 2);
  assert.equal(hunksOf(changed(5, 7), 0), 2);
});

test('the text of GNU diff, header apart, where there is one way only to see the change', async () => {
  const a = Array.from({ length: 60 }, (_, index) => `line ${index}\n`).join('');
  const b = a
    .replace('line 3\n', '')
    .replace('line 20\n', 'line twenty\nand more\n')
    .replace('line 26\n', 'x\n')
    .replace('line 59\n', 'end');
  await withFiles({ a, b }, async (directory) => {
    for (const context of [0, 1, 3, 10]) {
      const gnu = await execa('diff', [`-U${context}`, '--label', 'a', '--label', 'b', 'a', 'b'], {
        cwd: directory,
        reject: false,
      });
      assert.equal(gnu.exitCode, 1);
      assert.equal(unifiedDiff(a, b, { fromName: 'a', toName: 'b', context }), `${gnu.stdout}\n`);
    }
  });
});

test('names in other scripts stay readable, where GNU diff shows numbers for their bytes', () => {
  const name = 'caf\xc3\xa9';
  assert.match(unifiedDiff('', 'x\n', { fromName: 'empty', toName: name }), /^\+\+\+ caf\xc3\xa9$/m);
});

test('names that would mislead are quoted as GNU diff quotes them', async () => {
  for (const name of ['plain', 'two words', 'a"b', 'back\\slash', 'new\nline', 'tab\t', 'bell\x07', 'one\x01']) {
    await withFiles({ empty: '' }, async (directory) => {
      const path = Buffer.from(name, 'latin1').toString('utf8');
      writeFileSync(join(directory, path), 'x\n');
      const gnu = await execa('diff', ['-u', 'empty', path], {
        cwd: directory,
        reject: false,
        encoding: 'latin1',
        env: { LC_ALL: 'C' },
      });
      const header = /^\+\+\+ (.*)\t[^\t]*$/m.exec(gnu.stdout)?.[1];
      assert.equal(/^\+\+\+ (.*)$/m.exec(unifiedDiff('', 'x\n', { fromName: 'empty', toName: name }))?.[1], header);
    });
  }
});

for (const kind of allKinds(Number(process.env['MIGRATE_PATCHES'] ?? 600))) {
  test(`patch makes the new content from the old one and the diff: ${kind.name}`, async () => {
    await applyAll(kind);
  });
}

/** One directory and one shell for all pairs of a kind. */
async function applyAll(kind: Kind): Promise<void> {
  for (const { first, triples } of batchesOf(kind)) {
    const files = triples.flatMap(({ base, ours }, index) => [
      [`${index}.old`, base],
      [`${index}.diff`, unifiedDiff(base, ours, { fromName: 'old name', toName: 'new name' })],
    ]);
    await withFiles(Object.fromEntries(files), async (directory) => {
      const script =
        'set -eu; for d in *.diff; do patch -s --fuzz=0 -o "$d.out" "$(basename "$d" .diff).old" "$d" >/dev/null; done';
      await execa('sh', ['-c', script], { cwd: directory });
      for (const [index, { base, ours }] of triples.entries()) {
        // patch makes no output of an empty diff.
        if (base === ours) continue;
        const patched = readFileSync(join(directory, `${index}.diff.out`), 'latin1');
        if (patched !== ours) assert.fail(describeTriple(kind, first + index, { base, ours, patched }));
      }
    });
  }
}

async function withFiles(files: Record<string, string>, use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync('/dev/shm/migrate-diff-');
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content, 'latin1');
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
