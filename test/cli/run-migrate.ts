import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../../src/main.ts');

/** The program from its sources, as words of a command. */
export const fromSources: readonly [string, ...string[]] = [process.execPath, main];

/** The product of the build. */
export const binary: readonly [string, ...string[]] = [resolve(import.meta.dirname, '../../dist/migrate')];

const built = process.env['MIGRATE_PROGRAM'];

/** The program that `npm test` has built, which starts ten times faster; without it the sources, which need no build. */
export const program: readonly [string, ...string[]] = built === undefined ? fromSources : [built];

export type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

type How = {
  readonly program?: readonly [string, ...string[]];
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

/** Runs the real program to its end. stdout is latin1, so that no byte is lost. */
export function migrate(args: readonly string[], how: How = {}): Ended {
  const { directory = '/', environment = {} } = how;
  const [file, ...words] = how.program ?? program;
  const { status, stdout, stderr, error } = spawnSync(file, [...words, ...args], {
    cwd: directory,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'buffer',
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  return { status, stdout: stdout.toString('latin1'), stderr: stderr.toString('utf8') };
}

/** Runs a line of shell to its end, with `MIGRATE` for the program. */
export function shell(line: string, how: Omit<How, 'program'> = {}): Ended {
  const { directory = '/', environment = {} } = how;
  return migrate([], {
    program: ['bash', '--norc', '-euc', line],
    directory,
    environment: { MIGRATE: program.join(' '), ...environment },
  });
}
