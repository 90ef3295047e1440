import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrate } from './run-migrate.ts';
import { quietUpdate, withTrees } from './trees.ts';

const degraded = /The old image is not there/;

test('case 66: --base none plans without the old image, and says so in the items and in the last line', () => {
  withTrees(quietUpdate, ({ directory }) => {
    const trees = ['--old', join(directory, 'old'), '--new', join(directory, 'new')];
    for (const command of [['plan'], ['--dry-run']]) {
      const { status, stdout } = migrate([...command, '--base', 'none', ...trees]);
      assert.equal(status, 3);
      assert.match(stdout, degraded);
      assert.match(stdout.trimEnd().split('\n').at(-1) ?? '', /, made without the old image$/);
    }
    const document = JSON.parse(migrate(['plan', '--base', 'none', ...trees, '--json']).stdout) as {
      roots: { base: string }[];
    };
    assert.equal(document.roots[0]?.base, 'none (no package checksums either)');
  });
});

test('case 66: --base none needs no directory of that name, and ./none is one', () => {
  withTrees(quietUpdate, ({ directory }) => {
    const old = ['--old', join(directory, 'old')];
    assert.match(migrate(['diff', '--base', 'none', ...old], { directory }).stdout, /added +\/etc\/hostname/);
    mkdirSync(join(directory, 'none'));
    assert.match(migrate(['diff', '--base', './none', ...old], { directory }).stdout, /added +\/etc\/hostname/);
    assert.equal(migrate(['diff', '--base', './absent', ...old], { directory }).status, 2);
  });
});
