import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainPath } from '../../src/policy/explain.ts';
import { policyOf } from './policy-of.ts';

test('an explanation lists every rule that matches, and what each of them decides', () => {
  const policy = policyOf([
    'default ignore',
    'persist /etc/** strategy=merge class=settings # settings',
    'persist /var/**',
    'persist /etc/ssh/* strategy=copy required',
    'pin /etc/ssh/moduli',
  ]);
  const { path, verdict, rules } = explainPath(policy, '/etc/ssh/moduli');
  assert.equal(path, '/etc/ssh/moduli');
  assert.equal(verdict.verb, 'pin');
  assert.deepEqual(
    rules.map(({ rule, exact, decides }) => [rule.source.line, exact, decides]),
    [
      [1, false, []],
      [2, false, ['class']],
      [4, false, ['strategy', 'required']],
      [5, true, ['verb']],
    ],
  );
  assert.equal(rules[1]?.rule.reason, 'settings');
});

test('where nothing matches, the default is what decides', () => {
  const { rules, verdict } = explainPath(policyOf([]), '/x');
  assert.deepEqual(
    rules.map(({ rule, decides }) => [rule.source.file, rule.verb, decides]),
    [['built in', 'default', ['verb']]],
  );
  assert.equal(verdict.rule, rules[0]?.rule);
});
