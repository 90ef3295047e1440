/**
 * How long the binary takes to start, against plain Node on an empty script in the same run: ratios hold on every
 * machine, milliseconds do not. `npm run build` first; the number of rounds is the only argument.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary } from './against.ts';

type Contender = {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Highest ratio to plain Node that is promised. */
  readonly limit: number;
};

const rounds = Number(process.argv[2] ?? '30');
const stage = mkdtempSync(join(tmpdir(), 'migrate-startup-'));
try {
  report(contenders(stage));
} finally {
  rmSync(stage, { recursive: true });
}

function contenders(directory: string): readonly [Contender, ...Contender[]] {
  const script = join(directory, 'empty.js');
  writeFileSync(script, '');
  const trees = ['base', 'old', 'new'].flatMap((side) => {
    mkdirSync(join(directory, side));
    return [`--${side}`, join(directory, side)];
  });
  return [
    { name: 'node, empty script', command: [process.execPath, script], limit: 1 },
    { name: 'migrate --version', command: [binary, '--version'], limit: 1.5 },
    { name: 'migrate plan, three empty directories', command: [binary, 'plan', ...trees], limit: 2.5 },
  ];
}

function report(all: readonly [Contender, ...Contender[]]): void {
  const times = all.map((): number[] => []);
  // Round by round, so that a disturbance of the machine meets all of them.
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of all.entries()) times[index]?.push(milliseconds(contender));
  }
  const plain = quartile(times[0] ?? []);
  for (const [index, contender] of all.entries()) {
    const usual = quartile(times[index] ?? []);
    const ratio = usual / plain;
    const verdict = ratio <= contender.limit ? '' : '  TOO SLOW';
    const figures = `${usual.toFixed(1).padStart(7)} ms  ${ratio.toFixed(2)} (limit ${contender.limit})`;
    console.log(`${contender.name.padEnd(40)}${figures}${verdict}`);
    if (verdict !== '') process.exitCode = 1;
  }
}

function milliseconds(contender: Contender): number {
  const [file, ...commandArguments] = contender.command;
  const start = process.hrtime.bigint();
  const result = spawnSync(file, commandArguments, { encoding: 'utf8' });
  const elapsed = process.hrtime.bigint() - start;
  if (result.status !== 0) throw new Error(`${contender.command.join(' ')}: ${result.status} ${result.stderr}`);
  return Number(elapsed) / 1e6;
}

/** The time that a quarter of the rounds stay below: what else the machine does only ever adds to it. */
function quartile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 4)] ?? Number.NaN;
}
