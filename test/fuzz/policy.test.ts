import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compilePolicy } from '../../src/policy/compile.ts';
import { explainPath } from '../../src/policy/explain.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { fuzz } from './fuzz.ts';

const shipped = resolve(import.meta.dirname, '../../src/policy/shipped');
const paths = [
  '/',
  '/etc',
  '/etc/passwd',
  '/etc/ssh/ssh_host_key',
  '/usr/share/doc/x',
  '/a b/\xff',
  '/etc/systemd/system',
];

fuzz({
  name: 'a policy',
  seeds: [
    ...['10-base.policy', '20-debian.policy'].map((name) => readFileSync(join(shipped, name), 'latin1').slice(0, 2000)),
    'default ignore\npersist pkg:vdsm\npin /etc/motd # why\npersist /etc/[a-c]*/**/x?\\x20y strategy=ask class=network required\n',
    '\xef\xbb\xbfignore /\r\n\tpersist /x/\r\n',
  ],
  words: [
    'default ',
    'persist ',
    'ignore ',
    'pin ',
    'pkg:',
    '/',
    '**',
    '*',
    '?',
    '[!a-z]',
    '[]',
    '\\x',
    '\\',
    '#',
    ' strategy=merge',
    ' strategy=accounts',
    ' class=identity',
    ' required',
    '//',
    '/../',
    '\0',
    '\t',
    '\r\n',
  ],
  attempt(input) {
    const rules = parsePolicy(input, 'fuzz');
    const policy = compilePolicy(rules, () => new Set(['/etc/passwd']));
    for (const path of paths) {
      const verdict = policy.verdictOf(path);
      const explained = explainPath(policy, path);
      assert.ok(['persist', 'ignore', 'pin'].includes(verdict.verb));
      assert.deepEqual(explained.verdict, verdict);
      assert.equal(explained.rules.filter(({ decides }) => decides.includes('verb')).length, 1, 'one rule decides');
    }
    return paths.map((path) => policy.verdictOf(path).verb[1]).join('') + Math.min(rules.length, 20);
  },
});
