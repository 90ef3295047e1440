import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../../src/main.ts');

/** The program from its sources, as words of a command. */
export const fromSources: readonly [string, ...string[]] = [process.execPath, main];

/** The product of the build. */
export const binary: readonly [string, ...string[]] = [resolve(import.meta.dirname, '../../dist/migrate')];

export type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

type How = {
  readonly program?: readonly [string, ...string[]];
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

/** Runs the real program to its end. stdout is latin1, so that no byte is lost. */
export function migrate(args: readonly string[], how: How = {}): Ended {
  const { program = fromSources, directory = '/', environment = {} } = how;
  const [file, ...words] = program;
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
  const [node, script] = [process.execPath, main];
  const { directory = '/', environment = {} } = how;
  return migrate([], {
    program: ['bash', '--norc', '-euc', line],
    directory,
    environment: { MIGRATE: `${node} ${script}`, ...environment },
  });
}
