import type { Argv } from 'yargs';
import { type CommandBody, type CommandGroup, type CommandRow, type GroupRow, nameOf } from './command-row.ts';
import type { Context } from './context.ts';
import type { KnownCommand } from './usage-failure.ts';

/** Commands that are ready for yargs, and what is said where one of them is called wrongly. */
export type LoadedCommands = {
  readonly register: (yargs: Argv) => Argv;
  readonly known: readonly KnownCommand[];
};

/**
 * Loads the files of the commands whose names are among the arguments: whichever of them yargs finds to be meant, it is
 * there. Of the others there is what their rows say, which is all that help, completion and complaints need.
 */
export async function loadCommands(
  rows: readonly CommandRow[],
  args: readonly string[],
  context: Context,
): Promise<LoadedCommands> {
  const all = await Promise.all(rows.map((row) => loadCommand(row, args, context)));
  return {
    register: (yargs) => all.reduce((parser, { register }) => register(parser), yargs),
    known: all.flatMap(({ known }) => known),
  };
}

async function loadCommand(row: CommandRow, args: readonly string[], context: Context): Promise<LoadedCommands> {
  const { syntax, describe } = row;
  const name = nameOf(row);
  if (!args.includes(name)) return { register: (yargs) => yargs.command(syntax, describe), known: [{ name }] };
  if ('loadGroup' in row) return loadGroup(row, args, context);
  const body = (await row.load())(context);
  return { register: registrar(row, body), known: [{ name, needs: row.needs }] };
}

async function loadGroup(row: GroupRow, args: readonly string[], context: Context): Promise<LoadedCommands> {
  const { rows, example } = await row.loadGroup();
  const name = nameOf(row);
  const seconds = await loadCommands(rows, args, context);
  const builder = (yargs: Argv) =>
    seconds
      .register(yargs)
      .demandCommand(1)
      .example(...example);
  return {
    // yargs asks for a second word, so that nothing is done for the first alone.
    register: registrar(row, { builder, handler: () => undefined }),
    known: [
      { name, needs: secondWords(rows), isGroup: true },
      ...seconds.known.map((second) => ({ ...second, name: `${name} ${second.name}` })),
    ],
  };
}

function registrar({ syntax, describe }: CommandRow, body: CommandBody): LoadedCommands['register'] {
  return (yargs) => yargs.command({ command: syntax, describe, ...body });
}

function secondWords(rows: CommandGroup['rows']): string {
  const names = rows.map(nameOf);
  return names.length === 1 ? `"${names[0]}"` : `one of ${names.join(', ')}`;
}
