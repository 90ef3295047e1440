/**
 * How long text merging takes, beside `git merge-file` on the same files in the same run. Git's time holds the start of
 * its process, ours does not. Prints milliseconds, the ratio, and whether both agree; the number of rounds is the only
 * argument.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mergeText } from '../../src/merge/text/merge-text.ts';
import { type Random, seededRandom } from '../merge/text/random.ts';

type Case = {
  readonly name: string;
  /** Most milliseconds that are promised, or null where nothing is. */
  readonly limit: number | null;
  readonly base: readonly string[];
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
};

const rounds = Number(process.argv[2] ?? '5');
const stage = mkdtempSync(join(tmpdir(), 'migrate-merge-'));
try {
  let kept = true;
  for (const each of cases(seededRandom(1))) kept = run(each) && kept;
  if (!kept) process.exitCode = 1;
} finally {
  rmSync(stage, { recursive: true });
}

function run({ name, limit, ...sides }: Case): boolean {
  const [base, ours, theirs] = [join(stage, 'base'), join(stage, 'ours'), join(stage, 'theirs')];
  const contents = { base: joinLines(sides.base), ours: joinLines(sides.ours), theirs: joinLines(sides.theirs) };
  for (const [side, content] of Object.entries(contents)) writeFileSync(join(stage, side), content, 'latin1');
  // The first round of a process, before the compiler has seen the code, is what a migration pays; so it is the worst that counts.
  const mine = measure(() => mergeText(contents.base, contents.ours, contents.theirs));
  const git = measure(() =>
    spawnSync('git', ['merge-file', '-p', ours, base, theirs], { encoding: 'latin1', maxBuffer: 2 ** 28 }),
  );
  const content = mine.result.kind === 'merged' ? mine.result.content : null;
  const agrees = content === (git.result.status === 0 ? git.result.stdout : null);
  const promise = limit === null ? '' : `, at most ${limit} ms promised`;
  console.log(`${name}: ${content === null ? 'conflict' : 'clean'}${agrees ? '' : ', UNLIKE GIT'}`);
  console.log(
    `  ours  ${times(mine)}${promise}\n  git   ${times(git)}\n  ratio ${(mine.median / git.median).toFixed(2)}`,
  );
  return agrees && (limit === null || mine.worst <= limit);
}

function measure<T>(work: () => T): { result: T; median: number; worst: number } {
  const taken: number[] = [];
  let result = timed(work, taken);
  for (let round = 1; round < rounds; round += 1) result = timed(work, taken);
  taken.sort((a, b) => a - b);
  return { result, median: taken[Math.floor(taken.length / 2)] ?? 0, worst: taken.at(-1) ?? 0 };
}

function timed<T>(work: () => T, taken: number[]): T {
  const start = performance.now();
  const result = work();
  taken.push(performance.now() - start);
  return result;
}

function times({ median, worst }: { median: number; worst: number }): string {
  return `${median.toFixed(1)} ms (worst ${worst.toFixed(1)})`;
}

function* cases(random: Random): Generator<Case> {
  const squid = squidLike(random);
  yield { name: '9,165 lines of commented configuration, 20 edits a side', limit: 100, ...apart(squid, 20) };
  const equal = Array.from({ length: 50_000 }, (_, index) => (index % 3 === 0 ? `line ${index}` : '#'));
  yield { name: '50,000 lines, two thirds equal, 20 edits a side', limit: 2000, ...apart(equal, 20) };
  yield { name: '50,000 lines, two thirds equal, 4,000 edits a side', limit: 2000, ...apart(equal, 4000) };
  const shuffled = equal.map(() => (random.below(3) === 0 ? `line ${random.below(20_000)}` : '#'));
  yield {
    name: '50,000 lines, two thirds equal, one side unrelated',
    limit: 2000,
    base: equal,
    ours: shuffled,
    theirs: [...equal, 'end'],
  };
  const two = Array.from({ length: 50_000 }, () => random.pick(['a', 'b']));
  const other = two.map(() => random.pick(['a', 'b']));
  yield {
    name: '50,000 lines of two kinds, one side unrelated',
    limit: null,
    base: two,
    ours: other,
    theirs: [...two, 'end'],
  };
  const distinct = Array.from({ length: 50_000 }, (_, index) => `line ${index}`);
  const dense = (remainder: number): string[] =>
    distinct.map((line, index) => (index % 2 === remainder ? `${line}!` : line));
  yield {
    name: '50,000 lines, every one changed on one side or the other',
    limit: null,
    base: distinct,
    ours: dense(0),
    theirs: dense(1),
  };
}

/** A file like squid.conf: options under long comments, between lines that occur hundreds of times. */
function squidLike(random: Random): string[] {
  const lines: string[] = [];
  for (let option = 0; lines.length < 9165; option += 1) {
    lines.push(`#  TAG: option_${option}`, ...Array.from({ length: 3 + random.below(30) }, () => comment(random)));
    lines.push('#Default:', random.pick(['# none', `# option_${option} ${random.below(9)}`, '# No limit']), '');
    if (random.chance(0.2)) lines.push(`option_${option} value`, '');
  }
  return lines.slice(0, 9165);
}

function comment(random: Random): string {
  return random.chance(0.3) ? '#' : `#\t${random.pick(['This', 'If', 'Note:', 'Example:'])} text ${random.below(5000)}`;
}

/** Both sides with edits spread over the file, theirs half-way between ours. */
function apart(base: readonly string[], edits: number): { base: readonly string[]; ours: string[]; theirs: string[] } {
  const distance = base.length / edits;
  const side = (shift: number): string[] => {
    const places = new Set(Array.from({ length: edits }, (_, index) => Math.floor((index + shift) * distance)));
    return base.flatMap((line, index) => {
      if (!places.has(index)) return [line];
      return index % 2 === 0 ? [`changed ${shift} ${index}`] : [line, `added ${shift} ${index}`, '#'];
    });
  };
  return { base, ours: side(0.2), theirs: side(0.7) };
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
