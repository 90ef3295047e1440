import { execa } from 'execa';

/** Standard output and error of a command that ended well; both empty where they went to a log. */
export type Output = { readonly stdout: string; readonly stderr: string };

/** How a command is run; `env` is added to the environment. */
export type CommandOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** A file that gets both outputs, so that a long build can be read while it runs. */
  readonly log?: string;
};

/** A command of the harness that failed, with what it said. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Runs a command to its end; no shell is involved. Throws CommandError where it cannot be run or does not exit with 0. */
export async function command(file: string, args: readonly string[], options: CommandOptions = {}): Promise<Output> {
  const output = options.log === undefined ? 'pipe' : ({ file: options.log, append: true } as const);
  const result = await execa(file, args, {
    reject: false,
    stdin: 'ignore',
    stdout: output,
    stderr: output,
    env: { ...options.env },
  });
  const said = { stdout: result.stdout ?? '', stderr: result.stderr ?? '' };
  if (!result.failed) return said;
  const line = [file, ...args].join(' ').replaceAll('\n', ' ').slice(0, 200);
  const ended = result.exitCode === undefined ? result.shortMessage : `exit status ${result.exitCode}`;
  const log = options.log === undefined ? '' : `\nits output: ${options.log}`;
  throw new CommandError(`${line}: ${ended}${log}\n${tail(said.stderr)}${tail(said.stdout)}`.trimEnd());
}

function tail(text: string): string {
  return text.trim() === '' ? '' : `${text.trim().split('\n').slice(-20).join('\n')}\n`;
}
