import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JointInput, JointOutcome } from '../../src/merge/joint-strategy.ts';
import { renames } from '../../src/merge/renames.ts';
import { policyOf } from '../policy/policy-of.ts';
import { inputOf, type MemoryTrees } from './modules/memory-trees.ts';

const rules = [
  'persist /etc/** strategy=merge',
  'persist /etc/old/ to=/etc/new/',
  'persist /etc/a.conf to=/etc/b.conf',
];

function ask(trees: MemoryTrees, lines: readonly string[] = rules, answer?: string): JointOutcome {
  const { verdictOf } = policyOf(lines);
  const input = inputOf(trees);
  const settle: JointInput['settle'] = (draft) => {
    const item = input.settle(draft);
    return answer === undefined ? item : { ...item, settled: { resolution: answer, by: 'choice' } };
  };
  return renames.decide({ ...input, verdictOf, settle });
}

/** What is decided, without its reasons. */
function nodes({ decided }: JointOutcome): Record<string, unknown> {
  return Object.fromEntries([...decided].map(([path, { reason: _, ...node }]) => [path, node]));
}

const three = { base: 'a\n\nb\n\nc\n', ours: 'A\n\nb\n\nc\n', theirs: 'a\n\nb\n\nC\n' };
const like = '/etc/old/x';
const absent = { node: 'absent' };

test('case 61: what was changed under the old name is merged with the file at the new one', () => {
  const outcome = ask({
    base: { '/etc/old/x': three.base },
    ours: { '/etc/old/x': three.ours },
    theirs: { '/etc/new/x': three.theirs },
  });
  const content = 'A\n\nb\n\nC\n';
  assert.deepEqual(nodes(outcome), { '/etc/new/x': { node: 'content', content, like }, '/etc/old/x': absent });
  assert.deepEqual(outcome.items, []);
});

test('case 61: changed alike in both, ours goes to the new name with an item, or theirs is chosen', () => {
  const trees = { base: { '/etc/old/x': 'a\n' }, ours: { '/etc/old/x': 'b\n' }, theirs: { '/etc/new/x': 'c\n' } };
  for (const [answer, content] of [
    ['ours', 'b\n'],
    ['theirs', 'c\n'],
  ] as const) {
    const outcome = ask(trees, rules, answer);
    assert.deepEqual(nodes(outcome)['/etc/new/x'], { node: 'content', content, like });
    assert.deepEqual(
      outcome.items.map(({ key, severity }) => [key, severity]),
      [['content:/etc/new/x', 'error']],
    );
  }
});

test('case 61: what the image does not ship arrives with its directories, links into the directory led along', () => {
  const own = {
    '/etc/old/d/x': 'x',
    '/etc/old/enabled': { link: '/etc/old/d/x' },
    '/etc/old/out': { link: '../passwd' },
  };
  const base = { '/etc/old/default': 'd' };
  const outcome = ask({ base, ours: { ...base, ...own }, theirs: {} });
  assert.deepEqual(nodes(outcome), {
    '/etc/new': { node: 'directory', like: '/etc/old' },
    '/etc/new/d': { node: 'directory', like: '/etc/old/d' },
    '/etc/old/d': absent,
    '/etc/new/d/x': { node: 'ours-from', from: '/etc/old/d/x' },
    '/etc/old/d/x': absent,
    '/etc/new/enabled': { node: 'symlink', target: '/etc/new/d/x', like: '/etc/old/enabled' },
    '/etc/old/enabled': absent,
    '/etc/new/out': { node: 'symlink', target: '../passwd', like: '/etc/old/out' },
    '/etc/old/out': absent,
  });
});

test('case 61: what neither image has under either name stays where it was made', () => {
  assert.deepEqual(nodes(ask({ base: {}, ours: { '/etc/old/x': 'x', '/etc/a.conf': 'a' }, theirs: {} })), {});
});

test('case 61: deleted under the old name is deleted under the new one; with an item where the image changed it', () => {
  const base = { '/etc/old/x': 'x', '/etc/old/y': 'y', '/etc/old/z': 'z' };
  const trees = {
    base,
    ours: { '/etc/old/z': 'z' },
    theirs: { '/etc/new/x': 'x', '/etc/new/y': 'Y', '/etc/new/z': 'z' },
  };
  const outcome = ask(trees);
  assert.deepEqual(nodes(outcome), {
    '/etc/new/x': absent,
    '/etc/old/x': absent,
    '/etc/new/y': absent,
    '/etc/old/y': absent,
  });
  assert.deepEqual(
    outcome.items.map(({ key }) => key),
    ['deleted-here:/etc/new/y'],
  );
  assert.equal(ask(trees, rules, 'theirs').decided.has('/etc/new/y'), false);
});

test('case 61: while the image has the old name nothing is renamed; a link there is none of it', () => {
  const [base, ours] = [{ '/etc/old/x': three.base }, { '/etc/old/x': three.ours }];
  assert.deepEqual(nodes(ask({ base, ours, theirs: { '/etc/old/y': 'y', '/etc/new/x': three.theirs } })), {});
  const theirs = { '/etc/old': { link: 'new' }, '/etc/new/x': three.theirs };
  assert.deepEqual(Object.keys(nodes(ask({ base, ours, theirs }))), ['/etc/new/x', '/etc/old/x']);
});

test('case 61: one file with a new name', () => {
  const outcome = ask({
    base: { '/etc/a.conf': three.base },
    ours: { '/etc/a.conf': three.ours },
    theirs: { '/etc/b.conf': three.base },
  });
  assert.deepEqual(nodes(outcome), {
    '/etc/b.conf': { node: 'content', content: three.ours, like: '/etc/a.conf' },
    '/etc/a.conf': absent,
  });
});

test('case 61: where the new name is another kind, ignored, or changed here, the old one goes its usual way with an item', () => {
  const [base, ours] = [{ '/etc/old/x': 'x' }, { '/etc/old/x': 'y' }];
  const outcomes = [
    ask({ base, ours, theirs: { '/etc/new/x/below': 'x' } }),
    ask({ base, ours, theirs: {} }, [...rules, 'ignore /etc/new/**']),
    ask({ base, ours: { ...ours, '/etc/new/x': 'mine' }, theirs: {} }),
  ];
  for (const outcome of outcomes) {
    assert.deepEqual(nodes(outcome), {});
    assert.deepEqual(
      outcome.items.map(({ key }) => key),
      ['not-renamed:/etc/old/x'],
    );
  }
});

test('case 61: what is not changed here, or ignored, is left to the image', () => {
  const same = { '/etc/old/x': 'x' };
  assert.deepEqual(nodes(ask({ base: same, ours: same, theirs: { '/etc/new/x': 'y' } })), {});
  const ignored = [...rules, 'ignore /etc/old/x'];
  assert.deepEqual(nodes(ask({ base: same, ours: { '/etc/old/x': 'y' }, theirs: {} }, ignored)), {});
});
