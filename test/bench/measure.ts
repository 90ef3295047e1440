import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A command, and what puts its place in order around each run of it; only the command's own time counts. */
export type Contender = {
  readonly command: readonly [string, ...string[]];
  /** How it may end; 0 where nothing is said. */
  readonly statuses?: readonly number[];
  readonly before?: () => Promise<void> | void;
  readonly after?: () => Promise<void> | void;
};

/** Milliseconds of every round. */
export type Times = readonly number[];

/**
 * Runs the contenders in turn, round by round, so that a disturbance of the machine meets all of them. A first round
 * that does not count fills the caches.
 */
export async function alternate<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  rounds: number,
): Promise<Record<Name, Times>> {
  const names = Object.keys(contenders) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const taken = await timed(contenders[name]);
      if (round > 0) times[name].push(taken);
    }
  }
  return times;
}

async function timed({ command, statuses = [0], before, after }: Contender): Promise<number> {
  await before?.();
  const start = performance.now();
  run(command, statuses);
  const taken = performance.now() - start;
  await after?.();
  return taken;
}

/** The most memory that the command ever held, in MB: its resident pages, the program's own included. */
export function peakMemory(command: readonly [string, ...string[]]): number {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-memory-'));
  try {
    const report = join(directory, 'kilobytes');
    run(['/usr/bin/time', '--quiet', '--format=%M', `--output=${report}`, ...command], [0]);
    return (Number(readFileSync(report, 'utf8')) * 1024) / 1e6;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function run([file, ...args]: readonly [string, ...string[]], statuses: readonly number[]): void {
  const { status, stderr, error } = spawnSync(file, args, {
    encoding: 'latin1',
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  if (status === null || !statuses.includes(status)) {
    throw new Error(`${[file, ...args].join(' ')}: exit status ${status}\n${stderr.slice(-2000)}`);
  }
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new RangeError('the median of nothing');
  return (low + high) / 2;
}
