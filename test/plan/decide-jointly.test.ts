import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TreeFacts } from '../../src/domain/change.ts';
import { noChoices } from '../../src/domain/choices.ts';
import type { JointOutcome, JointStrategy } from '../../src/merge/joint-strategy.ts';
import { decideJointly } from '../../src/plan/decide-jointly.ts';
import { needKey, nothingKnown } from '../../src/plan/needs.ts';
import { defaultRule } from '../../src/policy/built-in.ts';

const facts: TreeFacts = { paths: [], boundaries: [], unreadable: [], scanned: 0 };
const verdict = { verb: 'persist', rule: defaultRule, exact: false, strategy: null, class: null, to: null } as const;

function question(known = nothingKnown()) {
  return { facts, verdictOf: () => verdict, choices: noChoices, digest: () => '', known };
}

function deciding(name: string, decide: JointStrategy['decide']): JointStrategy {
  return { name, decide };
}

const nothing: JointOutcome = { decided: new Map(), items: [], owners: null };

test('what a strategy looks at and nobody has read is a need, until it has been read', () => {
  const strategy = deciding('follows', ({ view }) => {
    const next = view.content('ours', '/first');
    if (next === null) return nothing;
    return { ...nothing, decided: new Map([['/copy', { node: 'content', reason: '', content: next }]]) };
  });
  const first = decideJointly(question(), [strategy]);
  assert.deepEqual(first.needs, [{ kind: 'content', side: 'ours', path: '/first' }]);
  const known = nothingKnown();
  known.contents.set(needKey({ kind: 'content', side: 'ours', path: '/first' }), 'text');
  const second = decideJointly(question(known), [strategy]);
  assert.deepEqual(second.needs, []);
  assert.deepEqual(second.joint.decided.get('/copy'), {
    node: 'content',
    reason: '',
    content: 'text',
    strategy: 'follows',
  });
});

test('a need that was read and is absent is asked for no more', () => {
  const known = nothingKnown();
  known.entries.set(needKey({ kind: 'entry', side: 'theirs', path: '/gone' }), null);
  const strategy = deciding('looks', ({ view }) => {
    assert.equal(view.entry('theirs', '/gone'), null);
    return nothing;
  });
  assert.deepEqual(decideJointly(question(known), [strategy]).needs, []);
});

test('where two strategies decide one path the first has its way', () => {
  const decides = (name: string) =>
    deciding(name, () => ({ ...nothing, decided: new Map([['/x', { node: 'absent', reason: name }]]) }));
  const { joint } = decideJointly(question(), [decides('one'), decides('two')]);
  assert.equal(joint.decided.get('/x')?.strategy, 'one');
});
