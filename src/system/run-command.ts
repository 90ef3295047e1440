import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execaSync } from 'execa';
import { errorCode, Failure } from '../domain/failure.ts';
import type { CommandOptions, CommandOutput, Commands } from './commands.ts';

/** The one door to other programs. */
export const commands: Commands = { run, has };

/** Limits the output to 256 MiB: a string holds no more than twice that. */
const asBytes = { encoding: 'latin1', stripFinalNewline: false, maxBuffer: 2 ** 28 } as const;
const asText = { stripFinalNewline: true } as const;

function run(program: string, args: readonly string[], options: CommandOptions = {}): CommandOutput {
  const input = options.input === undefined ? {} : { input: Buffer.from(options.input, 'latin1') };
  const output = options.bytes === true ? asBytes : asText;
  const environment = options.environment === undefined ? {} : { env: { ...options.environment }, extendEnv: false };
  const result = execaSync(program, args, { reject: false, ...output, ...input, ...environment });
  if (!result.failed) return { stdout: result.stdout, stderr: result.stderr };
  const said = result.stderr.trim();
  throw new Failure({
    code: 'command',
    kind: 'failed',
    message: `Cannot run ${result.escapedCommand}: ${said === '' ? (result.originalMessage ?? result.shortMessage) : lastLines(said)}`,
    cause: result,
  });
}

/** The end of what a program said, on one line. */
export function lastLines(text: string): string {
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
