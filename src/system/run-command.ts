import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execaSync } from 'execa';
import type { ByteString } from '../domain/bytes.ts';
import { errorCode, Failure } from '../domain/failure.ts';
import type { CommandOutput, Commands } from './commands.ts';

/** The one door to other programs. */
export const commands: Commands = { run, has };

function run(program: string, args: readonly string[], options: { readonly input?: ByteString } = {}): CommandOutput {
  const input = options.input === undefined ? {} : { input: Buffer.from(options.input, 'latin1') };
  const result = execaSync(program, args, { reject: false, stripFinalNewline: true, ...input });
  if (!result.failed) return { stdout: result.stdout, stderr: result.stderr };
  const said = result.stderr.trim();
  throw new Failure({
    code: 'command',
    kind: 'failed',
    message: `Cannot run ${result.escapedCommand}: ${said === '' ? (result.originalMessage ?? result.shortMessage) : lastLines(said)}`,
    cause: result,
  });
}

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
