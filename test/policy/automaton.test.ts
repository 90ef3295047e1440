import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from './policy-of.ts';

// An oracle of another make: every pattern as one regular expression over the whole path.
function expressionOf(pattern: string): RegExp {
  const below = pattern.endsWith('/') ? '(/.*)?' : '';
  const parts = pattern.replace(/\/$/, '').split('/').slice(1);
  const source = parts.map((part, index) => {
    if (part === '**') return index === parts.length - 1 ? '(/[^/]+)+' : '(/[^/]+)*';
    return `/${part.replaceAll('*', '[^/]*').replaceAll('?', '[^/]').replaceAll('[!', '[^')}`;
  });
  return new RegExp(`^${source.join('')}${below}$`, 's');
}

// Park and Miller's generator, so that a failing seed can be run again.
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

function pick(values: readonly string[], random: (below: number) => number): string {
  return values[random(values.length)] ?? '';
}

function randomPath(components: readonly string[], random: (below: number) => number): string {
  return Array.from({ length: 1 + random(5) }, () => `/${pick(components, random)}`).join('');
}

test('verdicts agree with an independent oracle on random policies and paths', () => {
  const parts = ['a', 'b', 'ab', '*', '**', '**', 'a*', '*b', '?', '[ab]', '[!a]', 'a?'];
  for (let seed = 1; seed <= 300; seed++) {
    const random = generator(seed * 7919);
    const patterns = Array.from(
      { length: 1 + random(12) },
      () => `${randomPath(parts, random)}${pick(['', '', '/'], random)}`,
    );
    const policy = policyOf(patterns.map((pattern) => `ignore ${pattern}`));
    const expressions = patterns.map(expressionOf);
    for (let round = 0; round < 150; round++) {
      const path = randomPath(['a', 'b', 'ab', 'ba', 'aab', 'c'], random);
      const expected = expressions.flatMap((expression, index) => (expression.test(path) ? [index + 1] : []));
      const lines = policy.matchesOf(path).map((match) => match.rule.source.line);
      assert.deepEqual(lines, expected, `seed ${seed}: ${path} with ${patterns.join(' ')}`);
      assert.equal(policy.verdictOf(path).verb, expected.length > 0 ? 'ignore' : 'persist');
    }
  }
});
