import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePolicy } from '../../src/policy/compile.ts';
import { mergeDirectories, orderRules } from '../../src/policy/order.ts';
import { parsePolicy } from '../../src/policy/parse.ts';

function file(name: string, text: string) {
  return { name, rules: parsePolicy(text, name) };
}

test('files of both directories count in the order of their names, and a local one replaces its namesake', () => {
  const shipped = [file('10-a.policy', 'ignore /a'), file('30-c.policy', 'ignore /c')];
  const local = [file('30-c.policy', 'persist /c'), file('20-b.policy', 'ignore /b')];
  const patterns = mergeDirectories(shipped, local).map(({ rules }) =>
    rules.map(({ verb, pattern }) => `${verb} ${pattern}`),
  );
  assert.deepEqual(patterns, [['ignore /a'], ['ignore /b'], ['persist /c']]);
});

test('the built-in rules yield to a policy, but those of the state of migrate itself do not', () => {
  const none = compilePolicy(orderRules([]), () => null);
  for (const path of [
    '/proc/1',
    '/sys/x',
    '/dev/null',
    '/run/x/y',
    '/tmp/x',
    '/lost+found',
    '/lost+found/1',
    '/.migrate',
    '/var/lib/migrate/x',
  ]) {
    assert.equal(none.verdictOf(path).verb, 'ignore', path);
    assert.equal(none.verdictOf(path).rule.source.file, 'built in');
    assert.ok(none.verdictOf(path).rule.reason);
  }
  for (const path of ['/proc', '/dev', '/tmp', '/var/lib/migrated', '/etc'])
    assert.equal(none.verdictOf(path).verb, 'persist', path);
  const broad = compilePolicy(orderRules([file('x', 'persist /**')]), () => null);
  assert.equal(broad.verdictOf('/tmp/x').verb, 'persist');
  for (const path of ['/.migrate', '/.migrate/1/blob', '/var/lib/migrate'])
    assert.equal(broad.verdictOf(path).verb, 'ignore', path);
});
