import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  decisionOf,
  decisions,
  inventory,
  itemKeys,
  itemOf,
  migrated,
  type Roots,
  type Situation,
} from './migration.ts';
import { directory, file, symlink } from './trees.ts';

/** Files beside the roots that no migration may touch, and a link of the image's to the directory that holds them. */
function withVictims(target: (roots: Roots) => string): (roots: Roots) => void {
  return (roots) => {
    for (const name of ['changed', 'deleted', 'kept']) writeFileSync(join(roots.outside, name), `victim ${name}\n`);
    mkdirSync(join(roots.outside, 'sub'));
    writeFileSync(join(roots.outside, 'sub/deep'), 'victim deep\n');
    makeLink(target(roots), join(roots.theirs, 'etc/d'));
  };
}

function makeLink(target: string, path: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  symlinkSync(target, path);
}

const insideLinked = {
  base: {
    '/etc/d/changed': file('image\n'),
    '/etc/d/deleted': file('image\n'),
    '/etc/d/kept': file('image\n'),
    '/etc/d/sub/deep': file('deep\n'),
  },
  ours: {
    '/etc/d/changed': file('changed\n'),
    '/etc/d/added': file('added\n'),
    '/etc/d/kept': file('image\n'),
    '/etc/d/sub/more': file('more\n'),
  },
  theirs: {},
};

for (const [number, what, target] of [
  [17, 'an absolute', (roots: Roots) => roots.outside],
  [18, 'a relative', () => '../../outside'],
] as const) {
  test(`case ${number}: through ${what} link in place of a directory nothing outside the root is written or deleted`, async () => {
    let before: string[] = [];
    const prepare = (roots: Roots): void => {
      withVictims(target)(roots);
      before = inventory(roots.outside);
    };
    await migrated({ ...insideLinked, prepare }, ({ result, plan, roots }) => {
      assert.deepEqual(inventory(roots.outside), before);
      assert.deepEqual(result.names('/etc/d'), ['added', 'changed', 'kept', 'sub']);
      assert.deepEqual(result.names('/etc/d/sub'), ['more']);
      assert.equal(result.text('/etc/d/changed'), 'changed\n');
      assert.equal(itemOf(plan.items, 'type:/etc/d').settled?.resolution, 'ours');
    });
    await migrated({ ...insideLinked, prepare, answers: { 'type:/etc/d': 'theirs' } }, ({ result, roots }) => {
      assert.deepEqual(inventory(roots.outside), before);
      assert.ok(result.stat('/etc/d').isSymbolicLink());
    });
  });

  test(`case ${number}: deletions alone do not bring a directory back that is ${what} link in the new image`, async () => {
    let before: string[] = [];
    const prepare = (roots: Roots): void => {
      withVictims(target)(roots);
      before = inventory(roots.outside);
    };
    const ours = { '/etc/d/changed': file('image\n'), '/etc/d/kept': file('image\n'), '/etc/d/sub': directory() };
    await migrated({ ...insideLinked, ours, prepare }, ({ result, plan, roots }) => {
      assert.deepEqual(inventory(roots.outside), before);
      assert.ok(result.stat('/etc/d').isSymbolicLink());
      assert.deepEqual(decisions(plan), { '/etc/d/deleted': 'equal', '/etc/d/sub/deep': 'equal' });
    });
  });
}

test('case 18: a directory that became a link to its neighbour is not merged into the neighbour', async () => {
  const situation = {
    base: { '/etc/d/a': file('a\n'), '/etc/d2/a': file('two\n') },
    ours: { '/etc/d/a': file('edited\n'), '/etc/d2/a': file('two\n') },
    theirs: { '/etc/d': symlink('d2'), '/etc/d2/a': file('two\n'), '/etc/d2/b': file('b\n') },
  };
  await migrated(situation, ({ result }) => {
    assert.equal(result.text('/etc/d/a'), 'edited\n');
    assert.deepEqual(result.names('/etc/d'), ['a']);
    assert.equal(result.text('/etc/d2/a'), 'two\n');
  });
});

test('case 19: links into the image and alternatives are carried as links, whether they lead anywhere or not', async () => {
  const usr = { '/usr/etc/x': file('x\n'), '/usr/bin/vim': file('vim\n'), '/usr/bin/nano': file('nano\n') };
  const situation = {
    base: { ...usr, '/etc/x': symlink('../usr/etc/x'), '/etc/alternatives/editor': symlink('/usr/bin/nano') },
    ours: {
      ...usr,
      '/etc/x': symlink('../usr/etc/y'),
      '/etc/alternatives/editor': symlink('/usr/bin/vim'),
      '/etc/alternatives/gone': symlink('/opt/none'),
    },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.target('/etc/x'), '../usr/etc/y');
    assert.equal(result.target('/etc/alternatives/editor'), '/usr/bin/vim');
    assert.equal(result.target('/etc/alternatives/gone'), '/opt/none');
    assert.equal(result.text('/usr/etc/x'), 'x\n');
    assert.equal(result.text('/usr/bin/nano'), 'nano\n');
    assert.deepEqual(decisionOf(plan, '/etc/x').differs, ['content']);
  });
});

test('case 19: a link that both sides point elsewhere stays ours, with an item whose answer is taken', async () => {
  const situation = {
    base: { '/etc/editor': symlink('/usr/bin/nano') },
    ours: { '/etc/editor': symlink('/usr/bin/vim') },
    theirs: { '/etc/editor': symlink('/usr/bin/micro', { mtime: '1700000000.000000005' }) },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.target('/etc/editor'), '/usr/bin/vim');
    assert.deepEqual(itemKeys(plan), ['content:/etc/editor']);
  });
  await migrated({ ...situation, answers: { 'content:/etc/editor': 'theirs' } }, ({ result, plan }) => {
    assert.equal(result.target('/etc/editor'), '/usr/bin/micro');
    assert.equal(result.mtime('/etc/editor'), 1700000000000000005n);
    assert.equal(decisionOf(plan, '/etc/editor').decision, 'theirs');
  });
});

test('case 20: a deleted path that leads outside in the new image goes as a link, its target stays', async () => {
  let before: string[] = [];
  const situation: Situation = {
    base: { '/etc/a': file('a\n'), '/etc/d/x': file('x\n') },
    ours: { '/etc': directory() },
    theirs: {},
    prepare: (roots) => {
      writeFileSync(join(roots.outside, 'x'), 'victim\n');
      makeLink(join(roots.outside, 'x'), join(roots.theirs, 'etc/a'));
      makeLink(roots.outside, join(roots.theirs, 'etc/d'));
      before = inventory(roots.outside);
    },
  };
  await migrated(situation, ({ result, plan, roots }) => {
    assert.deepEqual(inventory(roots.outside), before);
    assert.deepEqual(result.names('/etc'), []);
    assert.deepEqual(itemKeys(plan), ['deleted-here:/etc/a', 'deleted-here:/etc/d']);
    assert.equal(decisionOf(plan, '/etc/d/x').decision, 'equal');
  });
});
