import assert from 'node:assert/strict';
import { test } from 'node:test';
import { literalDirectory, literalPath, parsePattern } from '../../src/policy/pattern.ts';
import { policyOf } from './policy-of.ts';

function matches(pattern: string, path: string): boolean {
  return policyOf([`ignore ${pattern}`]).verdictOf(path).verb === 'ignore';
}

const table: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  ['/etc/motd', ['/etc/motd'], ['/etc', '/etc/motd/x', '/etc/motd2', '/x/etc/motd', '/']],
  ['/a/**', ['/a/b', '/a/b/c', '/a/.b'], ['/a', '/', '/ab', '/b/a/c']],
  ['/a/**/b', ['/a/b', '/a/x/b', '/a/x/y/b', '/a/b/b'], ['/a', '/a/b/x', '/b', '/a/xb']],
  ['/**/b', ['/b', '/a/b', '/a/c/b'], ['/', '/a', '/b/c']],
  ['/a/**/**/b', ['/a/b', '/a/x/b'], ['/a']],
  ['/a/', ['/a', '/a/b', '/a/b/c'], ['/', '/ab', '/b']],
  ['/a/**/', ['/a/b', '/a/b/c'], ['/a']],
  ['/', ['/', '/a', '/a/b'], []],
  ['/**', ['/a', '/a/b'], ['/']],
  ['/a/*', ['/a/b', '/a/.hidden', '/a/b c'], ['/a', '/a/b/c']],
  ['/a/*/c', ['/a/b/c'], ['/a/c', '/a/b/b/c']],
  ['/a/*.conf', ['/a/x.conf', '/a/.conf', '/a/x.conf.conf'], ['/a/x.conf2', '/a/b/x.conf']],
  ['/a/x*y*z', ['/a/xyz', '/a/xayyaz', '/a/xyzyz'], ['/a/xzy', '/a/xy']],
  ['/a/?', ['/a/b', '/a/\xff'], ['/a/', '/a/bc', '/a']],
  ['/a/[abc]x', ['/a/ax', '/a/cx'], ['/a/dx', '/a/x']],
  ['/a/[!a-c]', ['/a/d', '/a/\n'], ['/a/a', '/a/b', '/a/dd']],
  ['/a/[^a-c]', ['/a/d'], ['/a/b']],
  ['/a/[]x]', ['/a/]', '/a/x'], ['/a/[']],
  ['/a/[a-]', ['/a/a', '/a/-'], ['/a/b']],
  ['/a/[\\]\\-z]', ['/a/]', '/a/-', '/a/z'], ['/a/\\', '/a/p']],
  ['/a/[\\xf0-\\xff]', ['/a/\xf5'], ['/a/\xc3']],
  ['/a/\\*\\?\\[\\\\', ['/a/*?[\\'], ['/a/bc[\\']],
  ['/a/\\x2a\\n\\t\\xFF', ['/a/*\n\t\xff'], ['/a/b\n\t\xff']],
  ['/a/-b\\ c', ['/a/-b c'], ['/a/-b']],
  ['/foo/', ['/foo', '/foo/x'], ['/foobar', '/foobar/x']],
];

for (const [pattern, yes, no] of table) {
  test(`${pattern} matches what it should and nothing else`, () => {
    for (const path of yes) assert.equal(matches(pattern, path), true, `${pattern} should match ${path}`);
    for (const path of no) assert.equal(matches(pattern, path), false, `${pattern} should not match ${path}`);
  });
}

test('case 7: every byte but NUL and "/" can be written in a pattern that names exactly that path', () => {
  for (let code = 1; code < 256; code++) {
    if (code === 0x2f) continue;
    const character = String.fromCharCode(code);
    const hexadecimal = `/d/\\x${code.toString(16).padStart(2, '0')}!`;
    assert.equal(literalPath(parsePattern(hexadecimal)), `/d/${character}!`);
    if (/[\nA-Za-z0-9]/.test(character)) continue;
    const verdict = policyOf([`ignore /d/\\${character}!`]).verdictOf(`/d/${character}!`);
    assert.deepEqual([verdict.verb, verdict.exact], ['ignore', true], `byte ${code}`);
  }
});

test('only a pattern without wildcards names exactly one path', () => {
  const literal = ['/a/b', '/a/\\*'].map((word) => literalPath(parsePattern(word)));
  assert.deepEqual(literal, ['/a/b', '/a/*']);
  for (const word of ['/a/', '/a/*', '/a/[b]', '/a/**', '/', 'pkg:a'])
    assert.equal(literalPath(parsePattern(word)), null);
});

test('the literal directory of a pattern is where a search for what it matches starts', () => {
  const directories = ['/a/b/*.c', '/a/**', '/*', '/a/b/', 'pkg:a', '/'].map((word) =>
    literalDirectory(parsePattern(word)),
  );
  assert.deepEqual(directories, ['/a/b', '/a', '/', '/a/b', '/', '/']);
});

test('a glob of many stars on a long name takes no noticeable time', () => {
  const path = `/a/${'a'.repeat(255)}`;
  const start = performance.now();
  assert.equal(matches(`/a/${'*a'.repeat(60)}*b`, path), false);
  assert.ok(performance.now() - start < 500);
});
