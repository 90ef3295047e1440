import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Choices, noChoices } from '../../src/domain/choices.ts';
import { applyMigration } from '../../src/flows/apply-migration.ts';
import { planMigration, withTrees } from '../../src/flows/plan-migration.ts';
import {
  decisionOf,
  decisions,
  inventory,
  itemKeys,
  itemOf,
  migrated,
  planned,
  requestOf,
  type Situation,
  system,
  withRoots,
} from './migration.ts';
import { directory, file, run, symlink } from './trees.ts';

const numbers = (first: string, last: string): string => `${first}\n2\n3\n4\n5\n6\n${last}\n`;
const mergeable = {
  base: { '/etc/nginx': file(numbers('1', '7')) },
  ours: { '/etc/nginx': file(numbers('one', '7')) },
  theirs: { '/etc/nginx': file(numbers('1', 'seven')) },
  policy: 'persist /etc/** strategy=ask\n',
};

test('the strategy ask never decides by itself: ours stays in force, and merged is offered', async () => {
  await migrated(mergeable, ({ result, plan }) => {
    assert.equal(result.text('/etc/nginx'), numbers('one', '7'));
    const item = itemOf(plan.items, 'content:/etc/nginx');
    assert.deepEqual(
      item.resolutions.map(({ id }) => id),
      ['ours', 'theirs', 'merged'],
    );
    assert.equal(item.severity, 'error');
    assert.equal(decisionOf(plan, '/etc/nginx').strategy, 'ask');
  });
});

for (const [answer, content] of [
  ['merged', numbers('one', 'seven')],
  ['theirs', numbers('1', 'seven')],
  ['ours', numbers('one', '7')],
] as const) {
  test(`the answer ${answer} is used`, async () => {
    await migrated({ ...mergeable, answers: { 'content:/etc/nginx': answer } }, ({ result, plan, applied }) => {
      assert.equal(result.text('/etc/nginx'), content);
      assert.deepEqual(itemOf(plan.items, 'content:/etc/nginx').settled, { resolution: answer, by: 'choice' });
      assert.equal(decisionOf(plan, '/etc/nginx').reason, 'chosen');
      assert.ok(applied.status === 'done');
      assert.deepEqual(applied.outcome.defaults, []);
    });
  });
}

test('an answer given for another state, or one that is no resolution, is not used, and the item says so', async () => {
  await withRoots(mergeable, (roots) => {
    const answered = (fingerprint: string, resolution: string): Choices =>
      new Map([['content:/etc/nginx', { fingerprint, resolution }]]);
    const plan = (choices: Choices) => {
      const request = requestOf(roots, mergeable, choices);
      return withTrees(system, request, (trees) => planMigration(system, trees, request)).plan;
    };
    const stale = itemOf(plan(answered('0'.repeat(64), 'theirs')).items, 'content:/etc/nginx');
    assert.match(stale.detail, /The answer "theirs" was given for another state of it and is not used$/);
    assert.deepEqual(stale.settled, { resolution: 'ours', by: 'default' });
    const unknown = itemOf(plan(answered(stale.fingerprint, 'mine')).items, 'content:/etc/nginx');
    assert.match(unknown.detail, /The answer "mine" is none of its resolutions$/);
    assert.deepEqual(unknown.settled, { resolution: 'ours', by: 'default' });
  });
});

test('without --unattended an error item without an answer stops everything before anything is done', async () => {
  await withRoots(mergeable, (roots) => {
    const before = inventory(roots.theirs);
    const request = { ...requestOf(roots, mergeable, noChoices), unattended: false };
    const waiting = withTrees(system, request, (trees) => applyMigration(system, trees, request));
    assert.ok(waiting.status === 'waiting');
    assert.deepEqual(
      waiting.items.map(({ key }) => key),
      ['content:/etc/nginx'],
    );
    assert.deepEqual(inventory(roots.theirs), before);
    const { key, fingerprint } = itemOf(waiting.items, 'content:/etc/nginx');
    const answered = { ...request, choices: new Map([[key, { fingerprint, resolution: 'ours' }]]) };
    const done = withTrees(system, request, (trees) => applyMigration(system, trees, answered));
    assert.equal(done.status, 'done');
  });
});

test('where the image has all that was changed here there is nothing to ask', async () => {
  const theirs = { '/etc/nginx': file(numbers('one', 'seven')) };
  await migrated({ ...mergeable, theirs }, ({ result, plan }) => {
    assert.equal(result.text('/etc/nginx'), numbers('one', 'seven'));
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('the strategy copy keeps ours whole, without a question', async () => {
  const policy = 'persist /etc/** strategy=copy\n';
  await migrated({ ...mergeable, policy }, ({ result, plan }) => {
    assert.equal(result.text('/etc/nginx'), numbers('one', '7'));
    assert.equal(decisionOf(plan, '/etc/nginx').reason, 'changed on both sides; strategy copy');
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('what is ignored is left to the image, and what is persisted inside it is carried with its directories', async () => {
  const situation = {
    base: { '/opt/app/conf/a': file('a\n'), '/opt/app/cache/c': file('c\n'), '/opt/app/gone': file('g\n') },
    ours: {
      '/opt/app': directory({ mode: 0o700 }),
      '/opt/app/conf/a': file('edited\n'),
      '/opt/app/cache/c': file('mine\n'),
      '/opt/app/cache/more': file('more\n'),
      '/opt/mine/conf/x': file('x\n'),
      '/opt/mine/y': file('y\n'),
    },
    policy: 'ignore /opt/** # belongs to the vendor\npersist /opt/*/conf/**\n',
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/opt/app/conf/a'), 'edited\n');
    assert.equal(result.text('/opt/app/cache/c'), 'c\n');
    assert.deepEqual(result.names('/opt/app'), ['cache', 'conf', 'gone']);
    assert.equal(result.mode('/opt/app'), '755');
    assert.deepEqual(result.names('/opt/mine'), ['conf']);
    assert.deepEqual(
      [decisionOf(plan, '/opt/mine').decision, decisionOf(plan, '/opt/mine/y').decision],
      ['parent', 'ignored'],
    );
    assert.equal(decisionOf(plan, '/opt/app/gone').reason, 'belongs to the vendor');
  });
});

test('an ignored child keeps the directory that was deleted here, and the item says why', async () => {
  const situation = {
    base: { '/etc/d/cache/c': file('c\n'), '/etc/d/a': file('a\n') },
    ours: { '/etc': directory() },
    policy: 'ignore /etc/d/cache/\n',
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc/d'), ['cache']);
    assert.deepEqual(decisions(plan), {
      '/etc/d': 'parent',
      '/etc/d/a': 'deleted',
      '/etc/d/cache': 'ignored',
      '/etc/d/cache/c': 'ignored',
    });
    assert.match(
      itemOf(plan.items, 'kept-directory:/etc/d').title,
      /deleted here, but something in it comes with the image$/,
    );
  });
});

test('a link in place of a directory hides what is ignored in it too', async () => {
  const situation = {
    base: { '/etc/d/cache/c': file('c\n') },
    ours: { '/etc/d': symlink('/srv') },
    policy: 'ignore /etc/d/cache/**\n',
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.target('/etc/d'), '/srv');
    assert.equal(decisionOf(plan, '/etc/d/cache/c').decision, 'hidden');
  });
});

test('default ignore makes the policy a pure whitelist', async () => {
  const situation = {
    base: { '/etc/a': file('a\n'), '/etc/b': file('b\n') },
    ours: { '/etc/a': file('A\n'), '/etc/b': file('B\n') },
    policy: 'default ignore\npersist /etc/b\n',
  };
  await migrated(situation, ({ result }) => {
    assert.deepEqual([result.text('/etc/a'), result.text('/etc/b')], ['a\n', 'B\n']);
  });
});

test('a required rule that matches nothing is an error that not even an unattended run passes over', async () => {
  const situation = {
    base: { '/etc/a': file('a\n') },
    ours: { '/etc/a': file('A\n') },
    policy: 'persist /etc/ssh/ssh_host_* required\npersist /etc/a required\n',
  };
  await migrated(situation, ({ applied, plan, result }) => {
    assert.equal(applied.status, 'waiting');
    assert.deepEqual(itemKeys(plan), ['required:/etc/ssh/ssh_host_*']);
    assert.equal(result.text('/etc/a'), 'a\n');
  });
  await migrated({ ...situation, answers: { 'required:/etc/ssh/ssh_host_*': 'go-on' } }, ({ result }) => {
    assert.equal(result.text('/etc/a'), 'A\n');
  });
});

/** A file of the machine whose bytes are all on the disk. */
function allocated(bytes: number): NonNullable<Situation['prepare']> {
  return ({ ours }) => {
    run('fallocate', '-l', String(bytes), join(ours, 'srv/disk'));
  };
}

test('more than 1 GiB is not carried without a word, and carried with one', async () => {
  const small = { '/srv/small': file('s\n') };
  const situation = { size: '3G', base: { '/srv': directory() }, ours: small, prepare: allocated(2 ** 30 + 1) };
  await planned(situation, (plan) => {
    const item = itemOf(plan.items, 'carry-size:/');
    assert.deepEqual([item.severity, item.settled], ['error', null]);
    assert.match(item.detail, /The largest: \/srv\/disk \(1,025 MiB\)/);
  });
  await migrated({ ...situation, answers: { 'carry-size:/': 'carry' } }, ({ result }) => {
    assert.equal(result.stat('/srv/disk').size, 2 ** 30 + 1);
  });
});

test('1 GiB is carried without a word, and what is holes does not count', async () => {
  const base = { '/srv': directory() };
  const ours = { '/srv/holes': file('x', { size: 2 ** 40 }), '/srv/small': file('s\n') };
  await planned({ size: '3G', base, ours, prepare: allocated(2 ** 30 - 2 ** 20) }, (plan) => {
    assert.deepEqual(itemKeys(plan), []);
  });
});
