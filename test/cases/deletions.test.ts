import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { apply, decisionOf, decisions, inventory, itemKeys, itemOf, migrated, Root, withRoots } from './migration.ts';
import { directory, file, symlink, type Tree } from './trees.ts';

test('case 21: a file deleted here stays deleted while the image still ships it unchanged', async () => {
  const situation = {
    base: { '/etc/a': file('a\n', { mtime: '1600000000.0' }), '/etc/b': file('b\n') },
    ours: { '/etc/b': file('b\n') },
    theirs: { '/etc/a': file('a\n', { mtime: '1700000000.0' }), '/etc/b': file('b\n') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc'), ['b']);
    const { change, decision, reason } = decisionOf(plan, '/etc/a');
    assert.deepEqual([change, decision, reason], ['deleted', 'deleted', 'deleted here, unchanged in the image']);
    assert.deepEqual(itemKeys(plan), []);
  });
});

const deletedHere = {
  base: { '/etc/a': file('old\n'), '/etc/l': symlink('x'), '/etc/m': file('m\n') },
  ours: { '/etc': directory() },
  theirs: { '/etc/a': file('new\n'), '/etc/l': symlink('y'), '/etc/m': file('m\n', { mode: 0o600 }) },
};

test('case 22: what was deleted here and changed in the image stays deleted, each with an item', async () => {
  await migrated(deletedHere, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc'), []);
    assert.deepEqual(itemKeys(plan), ['deleted-here:/etc/a', 'deleted-here:/etc/l', 'deleted-here:/etc/m']);
    const item = itemOf(plan.items, 'deleted-here:/etc/a');
    assert.deepEqual([item.severity, item.settled], ['recommendation', { resolution: 'ours', by: 'default' }]);
    assert.equal(decisionOf(plan, '/etc/a').reason, 'deleted here, changed in the image');
  });
});

test("case 22: the answer theirs brings the image's new file", async () => {
  await migrated({ ...deletedHere, answers: { 'deleted-here:/etc/a': 'theirs' } }, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc'), ['a']);
    assert.equal(result.text('/etc/a'), 'new\n');
    assert.deepEqual(decisions(plan), { '/etc/a': 'theirs', '/etc/l': 'deleted', '/etc/m': 'deleted' });
  });
});

const removedThere = {
  base: { '/etc/a': file('old\n'), '/etc/m': file('m\n'), '/etc/same': file('same\n') },
  ours: { '/etc/a': file('edited\n'), '/etc/m': file('m\n', { owner: [3, 4] }), '/etc/same': file('same\n') },
  theirs: { '/etc': directory() },
} as const;

test('case 23: what was changed here and removed from the image is kept, each with an item', async () => {
  await migrated(removedThere, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc'), ['a', 'm']);
    assert.equal(result.text('/etc/a'), 'edited\n');
    assert.deepEqual(result.owner('/etc/m'), [3, 4]);
    assert.deepEqual(itemKeys(plan), ['removed-there:/etc/a', 'removed-there:/etc/m']);
    assert.equal(decisionOf(plan, '/etc/a').reason, 'changed here, removed from the image');
  });
  await migrated({ ...removedThere, answers: { 'removed-there:/etc/a': 'theirs' } }, ({ result }) => {
    assert.deepEqual(result.names('/etc'), ['m']);
  });
});

test('case 24: a child that the image adds in a directory deleted here arrives with its parents, and an item', async () => {
  const situation = {
    base: { '/etc/d': directory({ mode: 0o711 }), '/etc/d/a': file('a\n'), '/etc/d/s/b': file('b\n') },
    ours: { '/etc': directory() },
    theirs: {
      '/etc/d': directory({ mode: 0o711, owner: [5, 6], mtime: '1700000000.000000001' }),
      '/etc/d/a': file('a\n'),
      '/etc/d/s/b': file('b\n'),
      '/etc/d/new/x': file('x\n', { mode: 0o640 }),
    },
  } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc/d'), ['new']);
    assert.deepEqual([result.text('/etc/d/new/x'), result.mode('/etc/d/new/x')], ['x\n', '640']);
    assert.deepEqual([result.mode('/etc/d'), result.owner('/etc/d')], ['711', [5, 6]]);
    assert.equal(result.mtime('/etc/d'), 1700000000000000001n);
    assert.deepEqual(decisions(plan), {
      '/etc/d': 'parent',
      '/etc/d/a': 'deleted',
      '/etc/d/s': 'deleted',
      '/etc/d/s/b': 'deleted',
    });
    assert.deepEqual(itemKeys(plan), ['kept-directory:/etc/d']);
  });
});

test('case 24: a child that is only changed in the image stays deleted with its directory, and has an item', async () => {
  const situation = {
    base: { '/etc/d/a': file('a\n'), '/etc/d/b': file('b\n') },
    ours: { '/etc': directory() },
    theirs: { '/etc/d/a': file('changed\n'), '/etc/d/b': file('b\n') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc'), []);
    assert.deepEqual(itemKeys(plan), ['deleted-here:/etc/d/a']);
  });
  await migrated({ ...situation, answers: { 'deleted-here:/etc/d/a': 'theirs' } }, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc/d'), ['a']);
    assert.equal(decisionOf(plan, '/etc/d').decision, 'parent');
  });
});

test('case 25: a directory deleted here goes itself and does not stay empty', async () => {
  const situation = {
    base: { '/etc/d/s/t/a': file('a\n'), '/etc/d/b': symlink('s'), '/etc/empty': directory() },
    ours: { '/etc': directory() },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc'), []);
    assert.equal(plan.summary.decisions.deleted, 6);
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 26: siblings whose names begin alike are not taken for each other', async () => {
  const all = ['foo', 'foo-bar', 'foo.d', 'foobar', 'foo bar', 'fo'];
  const tree = (names: readonly string[]): Tree =>
    Object.fromEntries(names.flatMap((name) => [[`/etc/${name}/x`, file(name)]]));
  const situation = {
    base: tree(all),
    ours: { ...tree(['foo-bar', 'foo.d', 'foobar']), '/etc/foo bar': symlink('foo'), '/etc/fo': symlink('foo.d') },
    theirs: { ...tree(all), '/etc/foobar/new': file('new\n'), '/etc/foo-bar/new': file('new\n') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc'), ['fo', 'foo bar', 'foo-bar', 'foo.d', 'foobar']);
    assert.deepEqual(result.names('/etc/foobar'), ['new', 'x']);
    assert.deepEqual(result.names('/etc/foo-bar'), ['new', 'x']);
    assert.deepEqual(decisions(plan), {
      '/etc/fo': 'ours',
      '/etc/fo/x': 'hidden',
      '/etc/foo': 'deleted',
      '/etc/foo/x': 'deleted',
      '/etc/foo bar': 'ours',
      '/etc/foo bar/x': 'hidden',
    });
  });
});

test('case 27: a directory that the image removed stays for what the user has in it, and for that only', async () => {
  const base = {
    '/etc/l/a': file('a\n'),
    '/etc/s/a': file('a\n'),
    '/etc/f/a': file('a\n'),
    '/etc/f/edited': file('old\n'),
    '/etc/none/a': file('a\n'),
  };
  const situation = {
    base,
    ours: {
      ...base,
      '/etc/l': directory({ mode: 0o700, mtime: '1600000000.000000002' }),
      '/etc/l/link': symlink('/nowhere'),
      '/etc/s/sub/deep': directory({ mode: 0o1777 }),
      '/etc/f/edited': file('new\n'),
      '/etc/f/file': file('mine\n'),
    },
    theirs: { '/etc': directory() },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc'), ['f', 'l', 's']);
    assert.deepEqual(result.names('/etc/l'), ['link']);
    assert.deepEqual(result.names('/etc/s/sub'), ['deep']);
    assert.deepEqual(result.names('/etc/f'), ['edited', 'file']);
    assert.equal(result.mode('/etc/s/sub/deep'), '1777');
    assert.equal(result.mode('/etc/l'), '700');
    assert.equal(decisionOf(plan, '/etc/s').decision, 'parent');
    assert.equal(decisionOf(plan, '/etc/s').reason, 'something below it is carried');
    assert.deepEqual(itemKeys(plan), ['removed-there:/etc/f/edited', 'removed-there:/etc/l']);
  });
});

test('case 30: a link and its target, deleted together, both go, whichever is named first', async () => {
  const situation = {
    base: {
      '/srv/a-link': symlink('b-target'),
      '/srv/b-target': file('b\n'),
      '/srv/c-dir/x': file('x\n'),
      '/srv/d-link': symlink('c-dir'),
      '/srv/e-loop': symlink('e-loop'),
    },
    ours: { '/srv': directory() },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/srv'), []);
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 31: a directory copied into itself is carried once, as deep as it is', async () => {
  const situation = {
    base: { '/etc/a/f': file('f\n') },
    ours: { '/etc/a/f': file('f\n'), '/etc/a/self': symlink('.') },
    prepare: ({ ours }: { ours: string }) => {
      const at = (path: string): string => join(ours, 'etc', path);
      mkdirSync(at('copy'));
      execFileSync('cp', ['-a', `${at('a')}/.`, at('copy')]);
      execFileSync('cp', ['-a', at('copy'), at('a/a')]);
    },
  };
  await migrated(situation, ({ result }) => {
    assert.deepEqual(result.names('/etc/a'), ['a', 'f', 'self']);
    assert.deepEqual(result.names('/etc/a/a'), ['f', 'self']);
    assert.equal(result.target('/etc/a/a/self'), '.');
  });
});

test('case 31: roots that lie inside the old system are not copied into the new one, and are named', async () => {
  await withRoots({ base: {}, ours: { '/srv/images/mine': file('mine\n') } }, ({ ours }) => {
    const roots = { base: join(ours, 'srv/images/old'), ours, theirs: join(ours, 'srv/images/new'), outside: '/' };
    for (const root of [roots.base, roots.theirs]) {
      mkdirSync(root);
      writeFileSync(join(root, 'release'), 'image\n');
    }
    writeFileSync(join(ours, 'release'), 'image\n');
    const before = inventory(roots.base);
    const applied = apply(roots, { base: {}, ours: {} });
    assert.equal(applied.status, 'done');
    const result = new Root(roots.theirs);
    assert.deepEqual(result.names('/srv/images'), ['mine']);
    assert.deepEqual(result.names('/').sort(), ['release', 'srv', 'var']);
    assert.deepEqual(itemKeys(applied.plan), ['boundary:/srv/images/new', 'boundary:/srv/images/old']);
    assert.match(itemOf(applied.plan.items, 'boundary:/srv/images/new').title, /another root of this migration/);
    assert.deepEqual(inventory(roots.base), before);
  });
});

test('a link left dangling by a deletion stays', async () => {
  const situation = {
    base: { '/etc/l': symlink('target'), '/etc/target': file('t\n') },
    ours: { '/etc/l': symlink('target') },
  };
  await migrated(situation, ({ roots }) => assert.equal(readlinkSync(join(roots.theirs, 'etc/l')), 'target'));
});
