import yargs, { type Argv } from 'yargs';
import { applyCommand } from './commands/apply.ts';
import { bootCommand } from './commands/boot.ts';
import { completionCommand } from './commands/completion.ts';
import { diffCommand } from './commands/diff.ts';
import { dryRunCommand } from './commands/dry-run.ts';
import { explainCommand } from './commands/explain.ts';
import { forgetCommand } from './commands/forget.ts';
import { persistCommand } from './commands/persist.ts';
import { planCommand } from './commands/plan.ts';
import { policyCommand } from './commands/policy.ts';
import { type ExitCode, exitCodes } from './console.ts';
import type { Context } from './context.ts';
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
       $0 --dry-run [OPTION]...   what the migration of this boot will do, or has done`;

const epilogue = `Exit codes: 0 done; 1 failed, stderr says what, where and what to do;
2 usage or bad input; 3 items wait for a choice (the plan is printed all the same).`;

const commandNames = ['plan', 'apply', 'diff', 'explain', 'persist', 'forget', 'policy', 'boot', 'completion'];

/** Parses the arguments, runs the command and returns the exit code. A failure prints one clear line, and advice. */
export async function runProgram(
  args: readonly string[],
  version: string,
  context: Omit<Context, 'finish'>,
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
    await parserOf(args, version, { ...context, finish }).parseAsync([...args], {}, print);
    return exitCode;
  } catch (error) {
    return reportError(error, context.console);
  }
}

function parserOf(args: readonly string[], version: string, context: Context): Argv {
  // Named, because the directory that we are in may be gone.
  return (
    yargs([], '/')
      .scriptName('migrate')
      .usage(usage)
      .command(planCommand(context))
      .command(applyCommand(context))
      .command(diffCommand(context))
      .command(explainCommand(context))
      .command(persistCommand(context))
      .command(forgetCommand(context))
      .command(policyCommand(context))
      .command(bootCommand(context))
      .command(completionCommand(context))
      // Hidden: it has no name, and the usage tells of it.
      .command({ ...dryRunCommand(context), describe: false })
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
        throw usageFailure(message ?? error?.message ?? 'Cannot understand the arguments', args, commandNames);
      })
      .epilogue(epilogue)
  );
}
