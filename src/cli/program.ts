import yargs, { type Argv } from 'yargs';
import { Failure } from '../domain/failure.ts';
import { applyCommand } from './commands/apply.ts';
import { bootCommand } from './commands/boot.ts';
import { diffCommand } from './commands/diff.ts';
import { dryRunCommand } from './commands/dry-run.ts';
import { explainCommand } from './commands/explain.ts';
import { planCommand } from './commands/plan.ts';
import { type Console, type ExitCode, exitCodes } from './console.ts';
import type { Context } from './context.ts';

const epilogue = `Exit codes: 0 done; 1 failed, stderr says what, where and what to do; 2 usage or bad input;
3 items wait for a choice (the plan is printed all the same).`;

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
  try {
    await parserOf(args, version, { ...context, finish }).parseAsync();
    return exitCode;
  } catch (error) {
    return report(error, context.console);
  }
}

function parserOf(args: readonly string[], version: string, context: Context): Argv {
  return yargs([...args])
    .scriptName('migrate')
    .usage("$0 COMMAND\n\nKeeps a machine's own state across image updates.")
    .command(dryRunCommand(context))
    .command(planCommand(context))
    .command(applyCommand(context))
    .command(diffCommand(context))
    .command(explainCommand(context))
    .command(bootCommand(context))
    .completion('completion', 'print a completion script for bash or zsh')
    .version(version)
    .help()
    .strict()
    .wrap(null)
    .exitProcess(false)
    .fail(throwAgain)
    .epilogue(epilogue);
}

function throwAgain(message: string | null, error: Error | undefined): never {
  if (error !== undefined && error !== null) throw error;
  throw new Failure({
    code: 'usage',
    kind: 'input',
    message: message ?? 'Cannot understand the arguments',
    advice: 'See migrate --help',
  });
}

function report(error: unknown, console: Console): ExitCode {
  if (error instanceof Failure) {
    console.err(`migrate: ${error.message}\n`);
    if (error.advice !== null) console.err(`  ${error.advice}\n`);
    return error.kind === 'input' ? exitCodes.badInput : exitCodes.failed;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.err(`migrate: ${text}\n`);
  return exitCodes.failed;
}
