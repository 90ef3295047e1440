import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLocalPackages } from '../../src/packages/local-packages.ts';
import type { InstalledPackage } from '../../src/packages/package-database.ts';

function installed(
  name: string,
  byHand: boolean | null,
  needs: readonly string[] = [],
  provides: readonly string[] = [],
) {
  return { name, version: '1', byHand, needs, provides: [name, ...provides] } satisfies InstalledPackage;
}

const image = [installed('base', true)];

test("what came with a package is told with it, and what an update of the image brought is not the machine's choice", () => {
  const ours = [
    ...image,
    installed('editor', true, ['lib', 'base', 'absent']),
    installed('lib', false, ['data']),
    installed('data', false),
    installed('kernel-2', false),
  ];
  assert.deepEqual(findLocalPackages({ ours, base: image, theirs: image }), {
    chosen: [{ name: 'editor', version: '1', with: ['data', 'lib'] }],
    others: ['kernel-2'],
    removed: [],
  });
});

test('without notes of the package manager those that no other needs were chosen, and of a circle all', () => {
  const ours = [
    installed('a', null, ['cap']),
    installed('b', null, [], ['cap']),
    installed('c', null, ['d']),
    installed('d', null, ['c']),
  ];
  const { chosen, others } = findLocalPackages({ ours, base: [], theirs: [] });
  assert.deepEqual(
    chosen.map(({ name, with: along }) => [name, along]),
    [
      ['a', ['b']],
      ['c', []],
      ['d', []],
    ],
  );
  assert.deepEqual(others, []);
});

test('a package that the new image has under another name is not missing', () => {
  const theirs = [installed('successor', true, [], ['editor'])];
  assert.deepEqual(findLocalPackages({ ours: [installed('editor', true)], base: [], theirs }).chosen, []);
});

test('what 400 packages need of each other is told in a moment: at boot nobody waits long for progress', () => {
  const count = 400;
  const ours = Array.from({ length: count }, (_, index) =>
    installed(
      `p${index}`,
      null,
      Array.from({ length: 8 }, (_unused, nth) => `p${(index * 7 + nth * 13) % count}`),
    ),
  );
  const start = performance.now();
  assert.equal(findLocalPackages({ ours, base: [], theirs: [] }).chosen.length, count);
  assert.ok(performance.now() - start < 10_000, `took ${Math.round(performance.now() - start)} ms`);
});
