import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePolicy } from '../../src/policy/compile.ts';
import { patternOf, withoutRules, withRule } from '../../src/policy/local-rules.ts';
import { parsePolicy } from '../../src/policy/parse.ts';

const awkward = [
  '/etc/plain',
  '/srv/a b',
  '/srv/[x]*?',
  '/srv/back\\slash',
  '/srv/#no',
  '/srv/line\nend',
  '/srv/\xff\xe9',
];

test('case 7: the pattern of an awkward path is read back as just that path', () => {
  for (const path of awkward) {
    const rules = parsePolicy(`default ignore\npersist ${patternOf({ kind: 'path', path })}\n`, 'test');
    const policy = compilePolicy(rules, () => null);
    assert.deepEqual({ ...policy.verdictOf(path), rule: null }.verb, 'persist', path);
    assert.ok(policy.verdictOf(path).exact, path);
    for (const other of awkward) if (other !== path) assert.equal(policy.verdictOf(other).verb, 'ignore');
  }
});

test('a subtree is the directory and all that is in it, a package its name', () => {
  assert.equal(patternOf({ kind: 'subtree', path: '/srv/a b' }), '/srv/a\\ b/');
  assert.equal(patternOf({ kind: 'subtree', path: '/' }), '/');
  assert.equal(patternOf({ kind: 'package', name: 'vdsm' }), 'pkg:vdsm');
});

test('a rule is added at the end, on a line of its own', () => {
  assert.equal(withRule('', 'persist /a'), 'persist /a\n');
  assert.equal(withRule('# mine\npersist /b', 'persist /a'), '# mine\npersist /b\npersist /a\n');
});

test('rules about the subject go, whatever they say of it; everything else stays as it is', () => {
  const text = '# mine\npersist /a  # kept\nignore  /a/\npin /ab\npersist /a/**\npersist pkg:a\ndefault persist\n';
  const path = withoutRules(text, { kind: 'path', path: '/a' });
  assert.equal(path.text, '# mine\npin /ab\npersist /a/**\npersist pkg:a\ndefault persist\n');
  assert.deepEqual(path.removed, ['persist /a  # kept', 'ignore  /a/']);
  assert.deepEqual(withoutRules(text, { kind: 'package', name: 'a' }).removed, ['persist pkg:a']);
});
