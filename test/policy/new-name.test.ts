import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renamedPath } from '../../src/domain/rename.ts';
import { explainPath } from '../../src/policy/explain.ts';
import { policyOf } from './policy-of.ts';

/** The path under its new name, or null where no rule tells one. */
function newNameOf(lines: readonly string[], path: string): string | null {
  const { to } = policyOf(lines).verdictOf(path);
  return to === null ? null : renamedPath(path, to);
}

test('case 61: a rule tells the new name of a directory with all below it, or of one file', () => {
  const lines = ['persist /etc/old/ to=/etc/new/', 'persist /etc/a.conf to=/etc/b/c.conf', 'persist /etc/**'];
  assert.equal(newNameOf(lines, '/etc/old'), '/etc/new');
  assert.equal(newNameOf(lines, '/etc/old/x/y'), '/etc/new/x/y');
  assert.equal(newNameOf(lines, '/etc/older'), null);
  assert.equal(newNameOf(lines, '/etc/a.conf'), '/etc/b/c.conf');
  assert.equal(newNameOf(lines, '/etc/a.conf.d'), null);
});

test('case 61: the last rule that tells a new name holds', () => {
  const lines = ['persist /etc/old/ to=/etc/new/', 'persist /etc/old/x to=/srv/x', 'persist /etc/old/** strategy=copy'];
  assert.equal(newNameOf(lines, '/etc/old/x'), '/srv/x');
  assert.equal(newNameOf(lines, '/etc/old/y'), '/etc/new/y');
});

test('case 61: names may hold escaped bytes', () => {
  assert.equal(newNameOf(['persist /etc/a\\*\\xff/ to=/etc/b\\[/'], '/etc/a*\xff/x'), '/etc/b[/x');
});

test('case 61: an explanation tells which rule renames', () => {
  const policy = policyOf(['persist /etc/old/ to=/etc/new/', 'persist /etc/**']);
  const { rules } = explainPath(policy, '/etc/old/x');
  assert.deepEqual(
    rules.map(({ decides }) => decides),
    [[], ['to'], ['verb']],
  );
});

const refused: Readonly<Record<string, RegExp>> = {
  'persist /etc/old/ to=': /"to=": the new name is one absolute path/,
  'persist /etc/old/ to': /"to=": the new name is one absolute path/,
  'persist /etc/old/ to=etc/new/': /"to=etc\/new\/": the new name is one absolute path/,
  'persist /etc/old/ to=/etc/new*/': /the new name is one absolute path, without wildcards/,
  'persist /etc/old/ to=/etc/../new/': /is no component of a pattern/,
  'persist /etc/old/ to=/': /the new name is one absolute path/,
  'persist /etc/old*/ to=/etc/new/': /the old name is one path, without wildcards/,
  'persist /etc/old/** to=/etc/new/': /the old name is one path, without wildcards/,
  'persist pkg:old to=/etc/new/': /the old name is one path, without wildcards/,
  'persist / to=/etc/new/': /the old name is one path, without wildcards/,
  'persist /etc/old/ to=/etc/new': /a directory has a "\/" at its end under both names/,
  'persist /etc/old to=/etc/new/': /a directory has a "\/" at its end under both names/,
  'persist /etc/old/ to=/etc/old/': /the new name is, or lies below, the old one/,
  'persist /etc/old/ to=/etc/old/new/': /the new name is, or lies below, the old one/,
  'ignore /etc/old/ to=/etc/new/': /"to" belongs to persist/,
  'pin /etc/old/ to=/etc/new/': /"to" belongs to persist/,
  'persist /etc/old/ to=/etc/a/ to=/etc/b/': /is the second "to" of this rule/,
};

test('case 61: a new name that cannot be meant is refused, with its line', () => {
  for (const [line, message] of Object.entries(refused)) {
    assert.throws(() => policyOf(['', line]), { code: 'policy-syntax', message }, line);
    assert.throws(() => policyOf(['', line]), { message: /^test\.policy, line 2: / }, line);
  }
});
