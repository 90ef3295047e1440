import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decisionOf, decisions, itemKeys, itemOf, migrated, type Situation } from './migration.ts';
import { directory, fifo, file, symlink, type Tree } from './trees.ts';

test('case 10: a directory that became a link here stays a link, and nothing of it is said twice', async () => {
  const situation = {
    base: { '/etc/d/a': file('a\n'), '/etc/d/sub/b': file('b\n') },
    ours: { '/etc/d': symlink('/srv/d', { mtime: '1500000000.000000003' }), '/srv/d/a': file('moved\n') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.target('/etc/d'), '/srv/d');
    assert.equal(result.mtime('/etc/d'), 1500000000000000003n);
    assert.equal(result.text('/srv/d/a'), 'moved\n');
    assert.equal(decisionOf(plan, '/etc/d').reason, 'replaced here, unchanged in the image');
    assert.equal(decisionOf(plan, '/etc/d/sub/b').decision, 'hidden');
    assert.match(decisionOf(plan, '/etc/d/sub/b').reason, /^hidden by \/etc\/d, which is a symbolic link here$/);
    assert.deepEqual(itemKeys(plan), []);
  });
});

const addedInLink: Situation = {
  base: { '/etc/d/a': file('a\n') },
  ours: { '/etc/d': symlink('/srv/d') },
  theirs: { '/etc/d/a': file('a\n'), '/etc/d/new/x': file('x\n'), '/etc/d/top': file('t\n') },
};

test('case 11: what the image added in a directory that is a link here is hidden, and the item names it', async () => {
  await migrated(addedInLink, ({ result, plan }) => {
    assert.equal(result.target('/etc/d'), '/srv/d');
    const item = itemOf(plan.items, 'type:/etc/d');
    assert.deepEqual(item.paths, ['/etc/d', '/etc/d/new', '/etc/d/new/x', '/etc/d/top']);
    assert.match(item.detail, /hides what the image has in it: \/etc\/d\/new, \/etc\/d\/new\/x, \/etc\/d\/top$/);
    assert.deepEqual(decisions(plan), {
      '/etc/d': 'ours',
      '/etc/d/a': 'hidden',
      '/etc/d/new': 'hidden',
      '/etc/d/new/x': 'hidden',
      '/etc/d/top': 'hidden',
    });
    assert.deepEqual(itemKeys(plan), ['type:/etc/d']);
  });
});

test("case 11: the answer theirs takes the image's directory with all that is in it", async () => {
  await migrated({ ...addedInLink, answers: { 'type:/etc/d': 'theirs' } }, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc/d'), ['a', 'new', 'top']);
    assert.deepEqual(new Set(Object.values(decisions(plan))), new Set(['theirs']));
    assert.deepEqual(itemOf(plan.items, 'type:/etc/d').settled, { resolution: 'theirs', by: 'choice' });
  });
});

test('case 12: a directory that became a file here stays one, and the changed child of the image is named', async () => {
  const situation = {
    base: { '/etc/d/a': file('a\n'), '/etc/d/b': file('b\n') },
    ours: { '/etc/d': file('one file\n', { mode: 0o600 }) },
    theirs: { '/etc/d/a': file('changed\n'), '/etc/d/b': file('b\n') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual([result.text('/etc/d'), result.mode('/etc/d')], ['one file\n', '600']);
    assert.deepEqual(itemOf(plan.items, 'type:/etc/d').paths, ['/etc/d', '/etc/d/a']);
  });
});

test('case 13: a file of the user stays where the image now ships a directory of that name', async () => {
  const situation = {
    base: { '/etc': directory() },
    ours: { '/etc/kamailio': file('mine\n'), '/etc/l': symlink('x') },
    theirs: { '/etc/kamailio/kamailio.cfg': file('cfg\n'), '/etc/l/f': file('f\n') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/kamailio'), 'mine\n');
    assert.equal(result.target('/etc/l'), 'x');
    assert.deepEqual(itemKeys(plan), ['type:/etc/kamailio', 'type:/etc/l']);
    assert.deepEqual(itemOf(plan.items, 'type:/etc/kamailio').paths, ['/etc/kamailio', '/etc/kamailio/kamailio.cfg']);
    assert.equal(decisionOf(plan, '/etc/kamailio').reason, 'another type here than in the image');
    assert.equal(decisionOf(plan, '/etc/l/f').decision, 'hidden');
  });
});

for (const [what, certs] of [
  ['a link', symlink('../pki/certs')],
  ['a file', file('bundle\n')],
  ['a fifo', fifo()],
] as const) {
  test(`case 14: a directory with changes of the user comes whole where the image ships ${what} there`, async () => {
    const unchanged = { '/etc/certs/sub/kept': file('kept\n'), '/etc/certs/gone': file('gone\n') };
    const situation = {
      base: { ...unchanged, '/etc/certs/ca.pem': file('image\n'), '/etc/pki/certs/x': file('x\n') },
      ours: {
        '/etc/certs': directory({ mode: 0o750 }),
        '/etc/certs/sub/kept': file('kept\n'),
        '/etc/certs/ca.pem': file('edited\n'),
        '/etc/certs/mine.pem': file('mine\n'),
        '/etc/pki/certs/x': file('x\n'),
      },
      theirs: { '/etc/certs': certs, '/etc/pki/certs/x': file('x\n') },
    };
    await migrated(situation, ({ result, plan }) => {
      assert.deepEqual(result.names('/etc/certs'), ['ca.pem', 'mine.pem', 'sub']);
      assert.equal(result.mode('/etc/certs'), '750');
      assert.equal(result.text('/etc/certs/ca.pem'), 'edited\n');
      assert.equal(result.text('/etc/certs/sub/kept'), 'kept\n');
      assert.deepEqual(result.names('/etc/pki/certs'), ['x']);
      assert.equal(decisionOf(plan, '/etc/certs').reason, 'a directory here, something else in the image');
      assert.equal(decisionOf(plan, '/etc/certs/sub/kept').reason, 'comes with /etc/certs');
      assert.equal(itemOf(plan.items, 'type:/etc/certs').severity, 'warning');
    });
    await migrated({ ...situation, answers: { 'type:/etc/certs': 'theirs' } }, ({ result, plan }) => {
      assert.equal(result.stat('/etc/certs').isDirectory(), false);
      assert.deepEqual(result.names('/etc/pki/certs'), ['x']);
      assert.equal(decisionOf(plan, '/etc/certs/mine.pem').decision, 'theirs');
    });
  });
}

test('case 15: a regular file in place of a link is written beside the link, never through it', async () => {
  const victims: Tree = { '/run/stub': file('stub\n'), '/usr/lib/resolv.conf': file('image\n') };
  const situation = {
    base: { ...victims, '/etc/resolv.conf': symlink('/run/stub'), '/etc/other': symlink('../usr/lib/resolv.conf') },
    ours: { ...victims, '/etc/resolv.conf': file('mine\n'), '/etc/other': file('other\n') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.ok(result.stat('/etc/resolv.conf').isFile());
    assert.equal(result.text('/etc/resolv.conf'), 'mine\n');
    assert.equal(result.text('/etc/other'), 'other\n');
    assert.equal(result.text('/run/stub'), 'stub\n');
    assert.equal(result.text('/usr/lib/resolv.conf'), 'image\n');
    assert.equal(decisionOf(plan, '/etc/other').change, 'type');
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 16: an edited file that is a link in the new image stays a file, and an item offers the link', async () => {
  const situation = {
    base: { '/etc/a': file('image\n'), '/etc/same': file('same\n') },
    ours: { '/etc/a': file('edited\n'), '/etc/same': file('same\n') },
    theirs: { '/etc/a': symlink('/usr/share/a'), '/etc/same': symlink('/usr/share/same') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/a'), 'edited\n');
    assert.equal(result.target('/etc/same'), '/usr/share/same');
    const item = itemOf(plan.items, 'type:/etc/a');
    assert.equal(item.title, '/etc/a is a file here and a symbolic link in the image');
    assert.deepEqual(item.settled, { resolution: 'ours', by: 'default' });
  });
  await migrated({ ...situation, answers: { 'type:/etc/a': 'theirs' } }, ({ result, plan }) => {
    assert.equal(result.target('/etc/a'), '/usr/share/a');
    assert.deepEqual(decisions(plan), { '/etc/a': 'theirs' });
  });
});

test('a directory in place of a file, and a file in place of a directory, change places in one migration', async () => {
  const situation = {
    base: { '/etc/a': file('a\n'), '/etc/b/c': file('c\n') },
    ours: { '/etc/a/x/y': file('y\n'), '/etc/b': file('b\n') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/a/x/y'), 'y\n');
    assert.equal(result.text('/etc/b'), 'b\n');
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('links and directories that replace each other several levels deep come out as they are here', async () => {
  const situation = {
    base: { '/a/b/c/f': file('f\n'), '/a/b/c/g': file('g\n'), '/p/q/r': file('r\n'), '/v/w/x': file('x\n') },
    ours: {
      '/a/b': directory(),
      '/a/b/c': symlink('../../p'),
      '/a/b/n': file('n\n'),
      '/p': symlink('a'),
      '/v/w': symlink('x'),
    },
    theirs: {
      '/a': symlink('/p'),
      '/p/q/r': directory(),
      '/p/q/r/new': file('new\n'),
      '/v/w/x/y': symlink('/p'),
    },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/a/b'), ['c', 'n']);
    assert.equal(result.target('/a/b/c'), '../../p');
    assert.equal(result.target('/p'), 'a');
    assert.equal(result.target('/v/w'), 'x');
    assert.deepEqual(itemKeys(plan), ['type:/a', 'type:/p', 'type:/v/w']);
    assert.deepEqual(itemOf(plan.items, 'type:/p').paths, ['/p', '/p/q/r', '/p/q/r/new']);
    assert.deepEqual(itemOf(plan.items, 'type:/v/w').paths, ['/v/w', '/v/w/x', '/v/w/x/y']);
    assert.equal(decisionOf(plan, '/a/b/c/f').decision, 'equal');
  });
});
