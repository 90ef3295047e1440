import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decisionOf, itemKeys, itemOf, migrated } from './migration.ts';
import { directory, file } from './trees.ts';

test('case 28: what both sides added alike needs nothing, what they added differently stays ours with an item', async () => {
  const situation = {
    base: { '/etc': directory() },
    ours: {
      '/etc/same': file('same\n', { mtime: '1600000000.0' }),
      '/etc/differs': file('mine\n'),
      '/etc/mode': file('m\n', { mode: 0o600 }),
      '/etc/d': directory({ mode: 0o750 }),
      '/etc/d/mine': file('mine\n'),
    },
    theirs: {
      '/etc/same': file('same\n', { mtime: '1700000000.0' }),
      '/etc/differs': file('theirs\n'),
      '/etc/mode': file('m\n', { mode: 0o644 }),
      '/etc/d': directory({ mode: 0o700 }),
      '/etc/d/theirs': file('theirs\n'),
    },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.mtime('/etc/same'), 1700000000000000000n);
    assert.equal(result.text('/etc/differs'), 'mine\n');
    assert.equal(result.mode('/etc/mode'), '600');
    assert.equal(result.mode('/etc/d'), '750');
    assert.deepEqual(result.names('/etc/d'), ['mine', 'theirs']);
    assert.deepEqual(itemKeys(plan), ['attributes:/etc/d', 'content:/etc/differs', 'attributes:/etc/mode']);
    assert.equal(decisionOf(plan, '/etc/same').decision, 'equal');
    const { decision, reason } = decisionOf(plan, '/etc/differs');
    assert.deepEqual(
      [decision, reason],
      ['ours', 'changed on both sides, ours stays: both sides added it, differently'],
    );
  });
  await migrated({ ...situation, answers: { 'attributes:/etc/d': 'theirs' } }, ({ result }) => {
    assert.equal(result.mode('/etc/d'), '700');
  });
});

const lines = (...changed: readonly (readonly [number, string])[]): string =>
  Array.from({ length: 12 }, (_, index) => `${changed.find(([at]) => at === index)?.[1] ?? `line ${index}`}\n`).join(
    '',
  );

test('case 29: disjoint lines of both sides are merged, with the attributes and the later time', async () => {
  const situation = {
    base: { '/etc/sshd': file(lines(), { mode: 0o644 }) },
    ours: { '/etc/sshd': file(lines([1, 'mine']), { mode: 0o600, mtime: '1600000000.000000001' }) },
    theirs: { '/etc/sshd': file(lines([9, 'theirs']), { owner: [7, 8], mtime: '1700000000.000000002' }) },
  } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/sshd'), lines([1, 'mine'], [9, 'theirs']));
    assert.deepEqual([result.mode('/etc/sshd'), result.owner('/etc/sshd')], ['600', [7, 8]]);
    assert.equal(result.mtime('/etc/sshd'), 1700000000000000002n);
    const { decision, strategy } = decisionOf(plan, '/etc/sshd');
    assert.deepEqual([decision, strategy], ['merged', 'merge']);
    assert.deepEqual(itemKeys(plan), []);
  });
});

const conflict = {
  base: { '/etc/sshd': file(lines()) },
  ours: { '/etc/sshd': file(lines([1, 'mine'])) },
  theirs: { '/etc/sshd': file(lines([1, 'theirs'])) },
};

test('case 29: the same line changed on both sides is an item; ours stays live, without markers or files beside it', async () => {
  await migrated(conflict, ({ result, plan, applied }) => {
    assert.equal(result.text('/etc/sshd'), lines([1, 'mine']));
    assert.deepEqual(result.names('/etc'), ['sshd']);
    const item = itemOf(plan.items, 'content:/etc/sshd');
    assert.deepEqual([item.severity, item.blocks], ['error', 'service']);
    assert.match(item.detail, /both sides changed the same lines \(1 conflict, first at line 2 of ours\)$/);
    assert.ok(applied.status === 'done');
    assert.deepEqual(applied.outcome.defaults, [{ key: 'content:/etc/sshd', resolution: 'ours' }]);
  });
  await migrated({ ...conflict, answers: { 'content:/etc/sshd': 'theirs' } }, ({ result, plan }) => {
    assert.equal(result.text('/etc/sshd'), lines([1, 'theirs']));
    assert.equal(decisionOf(plan, '/etc/sshd').reason, 'chosen');
  });
});

test('case 29: binary files and files too large to merge stay ours, whole, with an item', async () => {
  const big = (mark: string): string => `${mark}\n${'filler of a line\n'.repeat(1_000_000)}`;
  const situation = {
    size: '1G',
    base: { '/srv/big': file(big('base')), '/srv/bin': file('\0base') },
    ours: { '/srv/big': file(big('ours')), '/srv/bin': file('\0ours') },
    theirs: { '/srv/big': file(big('theirs')), '/srv/bin': file('\0theirs') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.stat('/srv/big').size, big('ours').length);
    assert.ok(result.text('/srv/big').startsWith('ours\n'));
    assert.equal(result.text('/srv/bin'), '\0ours');
    assert.match(itemOf(plan.items, 'content:/srv/big').detail, /too large to merge$/);
    assert.match(itemOf(plan.items, 'content:/srv/bin').detail, /it is not text$/);
  });
});
