import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isText } from '../../../src/merge/text/is-text.ts';
import { type Random, seededRandom } from './random.ts';
import { type Contents, kindsOfHugeTriple, kindsOfLargeTriple, kindsOfTriple, tripleOfFile } from './triples.ts';

/** Triples of one kind: how to make them, and how many. */
export type Kind = { readonly name: string; readonly count: number; readonly make: (random: Random) => Contents };

/** Another run of the same test: MIGRATE_SEED. */
export const seed = Number(process.env['MIGRATE_SEED'] ?? 1);

const batch = 1000;

/** Every kind, so that `total` triples come together: a tenth of real files, few large ones, the rest small. */
export function allKinds(total: number): Kind[] {
  const small = Object.entries(kindsOfTriple);
  const large = Object.entries(kindsOfLargeTriple);
  const huge = Object.entries(kindsOfHugeTriple);
  const files = realFiles('/etc');
  assert.ok(files.length >= 20, `only ${files.length} text files in /etc`);
  const shareOf = (part: number, kinds: number): number => Math.ceil((total * part) / kinds);
  return [
    ...small.map(([name, make]) => ({ name, make, count: shareOf(0.87, small.length) })),
    ...large.map(([name, make]) => ({ name, make, count: shareOf(0.03, large.length) })),
    ...huge.map(([name, make]) => ({ name, make, count: shareOf(0.003, huge.length) })),
    {
      name: 'real configuration files',
      make: (random) => tripleOfFile(random, random.pick(files)),
      count: shareOf(0.1, 1),
    },
  ];
}

/** The triples of a kind in batches, so that a long run needs little memory; the same for the same seed. */
export function* batchesOf(kind: Kind): Generator<{ first: number; triples: Contents[] }> {
  for (let first = 0; first < kind.count; first += batch) {
    const count = Math.min(batch, kind.count - first);
    const triples = Array.from({ length: count }, (_, index) =>
      kind.make(seededRandom(seed * 1_000_003 + first + index)),
    );
    yield { first, triples };
  }
}

/** Everything that is needed to see one triple's case again. */
export function describeTriple(kind: Kind, number: number, facts: object): string {
  return `${kind.name}, MIGRATE_SEED=${seed}, triple ${number}: ${JSON.stringify(facts, null, 2)}`;
}

function realFiles(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return files
    .map((name) => join(directory, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true && statSync(path).size < 200_000)
    .map((path) => readFileSync(path, 'latin1'))
    .filter((content) => content.length > 200 && isText(content));
}
