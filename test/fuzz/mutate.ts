import type { Random } from '../merge/text/random.ts';

type Material = { readonly words: readonly string[]; readonly others: readonly string[] };
type Mutation = (input: string, material: Material, random: Random) => string;

const numbers = ['0', '-1', '1', '65534', '65535', '4294967295', '4294967296', '99999999999999999999', '0x10', '1e9'];

const mutations: readonly Mutation[] = [
  // One bit, one byte.
  (input, _material, random) => replaceAt(input, random, (code) => code ^ (1 << random.below(8))),
  (input, _material, random) => replaceAt(input, random, () => random.below(256)),
  (input, _material, random) => insert(input, String.fromCharCode(random.below(256)), random),
  (input, _material, random) => cut(input, random, 1 + random.below(8)),
  // A word that means something, or a number at an edge.
  (input, { words }, random) => insert(input, random.pick(words), random),
  (input, _material, random) => insert(input, random.pick(numbers), random),
  (input, _material, random) => replaceNumber(input, random),
  // Lines: gone, twice, elsewhere.
  (input, _material, random) => withLines(input, (lines) => lines.toSpliced(random.below(lines.length), 1)),
  (input, _material, random) =>
    withLines(input, (lines) => lines.toSpliced(random.below(lines.length), 0, random.pick(lines))),
  (input, _material, random) => withLines(input, (lines) => lines.toSorted(() => random.below(3) - 1)),
  // Parts of another input, many times the same, the end missing.
  (input, { others }, random) => insert(input, slice(random.pick(others), random), random),
  (input, _material, random) => insert(input, slice(input, random).repeat(1 + random.below(64)), random),
  (input, _material, random) => input.slice(0, random.below(input.length + 1)),
];

/** The input with one change that a fuzzer makes. */
export function mutate(input: string, material: Material, random: Random): string {
  return random.pick(mutations)(input, material, random);
}

function replaceAt(input: string, random: Random, change: (code: number) => number): string {
  if (input === '') return input;
  const at = random.below(input.length);
  return input.slice(0, at) + String.fromCharCode(change(input.charCodeAt(at)) & 0xff) + input.slice(at + 1);
}

function insert(input: string, text: string, random: Random): string {
  const at = random.below(input.length + 1);
  return input.slice(0, at) + text + input.slice(at);
}

function cut(input: string, random: Random, length: number): string {
  const at = random.below(input.length + 1);
  return input.slice(0, at) + input.slice(at + length);
}

function slice(input: string, random: Random): string {
  const start = random.below(input.length + 1);
  return input.slice(start, start + random.below(200));
}

function replaceNumber(input: string, random: Random): string {
  const found = [...input.matchAll(/[0-9]+/g)];
  if (found.length === 0) return input;
  const { index, 0: digits } = random.pick(found);
  return input.slice(0, index) + random.pick(numbers) + input.slice(index + digits.length);
}

function withLines(input: string, change: (lines: string[]) => string[]): string {
  return change(input.split('\n')).join('\n');
}
