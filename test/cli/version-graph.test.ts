import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawGraph } from '../../src/cli/version-graph.ts';
import { type Random, seededRandom } from '../merge/text/random.ts';

/** The graph of `id parent` words, newest first, as text. */
function drawn(...nodes: readonly string[]): string[] {
  const graph = drawGraph(
    nodes.map((words) => {
      const [id = '', parent = null] = words.split(' ');
      return { id, parent };
    }),
  );
  return graph.map(({ id, line }) => (id === null ? line : `${line} ${id}`));
}

test('a line of versions is one column', () => {
  assert.deepEqual(drawn('c b', 'b a', 'a'), ['* c', '* b', '* a']);
});

test('two versions of one parent come together above it', () => {
  assert.deepEqual(drawn('d b', 'c b', 'b a', 'a'), ['* d', '│ * c', '├─┘', '* b', '* a']);
});

test('columns that are passed are crossed, and freed ones are used again', () => {
  assert.deepEqual(drawn('f b', 'e c', 'd b', 'c a', 'b a', 'a'), [
    '* f',
    '│ * e',
    '│ │ * d',
    '│ * │ c',
    '├─┼─┘',
    '* │ b',
    '├─┘',
    '* a',
  ]);
  assert.deepEqual(drawn('e a', 'd', 'c a', 'b a', 'a'), ['* e', '│ * d', '│   * c', '│ * │ b', '├─┴─┘', '* a']);
});

test('a parent that is not there, or comes before its child, leads nowhere', () => {
  assert.deepEqual(drawn('b gone', 'a'), ['* b', '  * a']);
  assert.deepEqual(drawn('a', 'b a', 'c'), ['* a', '  * b', '* c']);
});

test('in any graph every version has its line, one star, and a column that goes on until its parent', () => {
  const random = seededRandom(11);
  for (let round = 0; round < 300; round++) {
    const nodes = randomVersions(random);
    const graph = drawGraph(nodes);
    const shown = graph.map(({ line }) => line).join('\n');
    const ids = graph.flatMap(({ id }) => (id === null ? [] : [id]));
    assert.deepEqual(
      ids,
      nodes.map(({ id }) => id),
    );
    for (const { id, line } of graph) assert.equal(line.split('*').length - 1, id === null ? 0 : 1, shown);
    for (const { id, parent } of nodes) assert.equal(endOfColumn(graph, id), parent, `${id} in\n${shown}`);
  }
});

function randomVersions(random: Random): { readonly id: string; readonly parent: string | null }[] {
  const count = 1 + random.below(12);
  return Array.from({ length: count }, (_, index) => {
    const older = count - index - 1;
    const hasParent = older > 0 && random.below(5) > 0;
    return { id: `v${index}`, parent: hasParent ? `v${index + 1 + random.below(older)}` : null };
  });
}

/** Where one comes to who goes down from a version; null where there is nothing below. */
function endOfColumn(graph: ReturnType<typeof drawGraph>, id: string): string | null {
  const from = graph.findIndex((row) => row.id === id);
  let column = graph[from]?.line.indexOf('*') ?? -1;
  for (const { id: below, line } of graph.slice(from + 1)) {
    const character = line[column] ?? ' ';
    if (character === '*') return below;
    if (character === ' ') return null;
    if (character === '┘' || character === '┴') column = line.lastIndexOf('├', column);
  }
  return null;
}
