import yargs, { type Argv } from 'yargs';
import { nameOf } from './command-row.ts';
import { commandTable, loadDryRun } from './command-table.ts';
import { type ExitCode, exitCodes } from './console.ts';
import type { Context } from './context.ts';
import { type LoadedCommands, loadCommands } from './load-commands.ts';
import { refuseUnusableValues } from './options.ts';
import { reportError } from './report-error.ts';
import { usageFailure } from './usage-failure.ts';

declare module 'yargs' {
  // Missing in the types of yargs.
  interface Argv {
    usageConfiguration(configuration: { readonly 'hide-types': boolean }): Argv;
  }
}

const usage = `Keeps a machine's own state across image updates.

Usage: $0 COMMAND [OPTION]...
       $0 --dry-run [OPTION]...   what the migration of this boot will do, or has done
       $0 COMMAND --help          the options of a command, and an example`;

const epilogue = `Exit codes: 0 done; 1 failed, stderr says what, where and what to do;
2 usage or bad input; 3 items wait for a choice (the plan is printed all the same); 4 a required check failed.`;

/** Parses the arguments, runs the command and returns the exit code. A failure prints one clear line, and advice. */
export async function runProgram(
  args: readonly string[],
  version: string,
  context: Omit<Context, 'finish' | 'version'>,
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const finish = (code: ExitCode): void => {
    exitCode = code;
  };
  // With a callback yargs gives its help and completions to us, instead of to console.log.
  const print = (_error: unknown, _argv: unknown, output: string): void => {
    if (output !== '') context.console.out(`${output.trimEnd()}\n`);
  };
  try {
    const commands = await loadProgram(args, { ...context, version, finish });
    await parserOf(args, version, commands).parseAsync([...args], {}, print);
    return exitCode;
  } catch (error) {
    return reportError(error, context.console);
  }
}

/** Where the first argument names a command, yargs need not hear of any other, nor of the dry run, which has no name. */
async function loadProgram(args: readonly string[], context: Context): Promise<LoadedCommands> {
  const first = commandTable.filter((row) => nameOf(row) === args[0]);
  if (first.length > 0) return loadCommands(first, args, context);
  const { register, known } = await loadCommands(commandTable, args, context);
  const dryRun = (await loadDryRun())(context);
  // Hidden: the usage tells of it.
  return { register: (yargs) => register(yargs).command({ command: '$0', describe: false, ...dryRun }), known };
}

function parserOf(args: readonly string[], version: string, { register, known }: LoadedCommands): Argv {
  // Named, because the directory that we are in may be gone.
  return register(yargs([], '/'))
    .scriptName('migrate')
    .usage(usage)
    .parserConfiguration({ 'boolean-negation': false, 'dot-notation': false, 'greedy-arrays': false })
    .check(refuseUnusableValues)
    .version('version', 'show the version', version)
    .help('help', 'show this help')
    .alias('help', 'h')
    .strict()
    .locale('en')
    .usageConfiguration({ 'hide-types': true })
    .wrap(null)
    .exitProcess(false)
    .fail((message, error) => {
      // yargs' own errors have this name; anything else comes from a command.
      if (error?.name !== undefined && error.name !== 'YError') throw error;
      throw usageFailure(message ?? error?.message ?? 'Cannot understand the arguments', args, known);
    })
    .epilogue(epilogue);
}
