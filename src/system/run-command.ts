import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execaSync } from 'execa';
import { errorCode, Failure } from '../domain/failure.ts';
import type { CommandOptions, CommandOutput, Commands } from './commands.ts';
import { pieces } from './program-pieces.ts';

/** The one door to other programs. */
export const commands: Commands = { run, pieces, has };

/** Limits the output to 256 MiB: a string holds no more than twice that. */
const asBytes = { encoding: 'latin1', stripFinalNewline: false, maxBuffer: 2 ** 28 } as const;
const asText = { stripFinalNewline: true } as const;

function run(program: string, args: readonly string[], options: CommandOptions = {}): CommandOutput {
  const input = options.input === undefined ? {} : { input: Buffer.from(options.input, 'latin1') };
  const output = options.bytes === true ? asBytes : asText;
  const environment = options.environment === undefined ? {} : { env: { ...options.environment }, extendEnv: false };
  const result = execaSync(program, args, { reject: false, ...output, ...input, ...environment });
  if (!result.failed) return { stdout: result.stdout, stderr: result.stderr };
  throw commandFailure(result);
}

/** What execa tells of a program that ended badly. */
type Ended = {
  readonly escapedCommand: string;
  readonly stderr: string;
  readonly originalMessage?: string | undefined;
  readonly shortMessage?: string | undefined;
};

/** How a program ended that did not do what it was to: Failure `command`, with its own words. */
export function commandFailure(ended: Ended): Failure {
  const { escapedCommand, stderr, originalMessage, shortMessage = '' } = ended;
  const said = stderr.trim();
  return new Failure({
    code: 'command',
    kind: 'failed',
    message: `Cannot run ${escapedCommand}: ${said === '' ? (originalMessage ?? shortMessage) : lastLines(said)}`,
    cause: ended,
  });
}

/** The end of what a program said, on one line. */
function lastLines(text: string): string {
  return text.split('\n').slice(-5).join('; ');
}

function has(program: string): boolean {
  const directories = (process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin').split(delimiter);
  return directories.some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return false;
  }
}
