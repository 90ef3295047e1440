import type { CommandModule } from 'yargs';
import type { Context } from './context.ts';

/** What a command's own file says: its options, and what it does. */
export type CommandBody = Required<Pick<CommandModule<object, object>, 'builder' | 'handler'>>;

/** The commands behind a first word, such as those of `migrate volume`, and an example for its help. */
export type CommandGroup = {
  readonly rows: readonly CommandRow[];
  readonly example: readonly [line: string, what: string];
};

type Described = {
  /** Name and positional arguments, as yargs takes them, such as `export <name> <file>`. */
  readonly syntax: string;
  /** What the list of commands and the command's own help say of it. */
  readonly describe: string;
};

/** A command. Its file is loaded where the arguments name it, and not otherwise. */
export type SingleRow = Described & {
  /** What a person is told to write after the name where it is missing. */
  readonly needs?: string;
  readonly load: () => Promise<(context: Context) => CommandBody>;
};

/** The first of two words. The file with the rows of the second ones is loaded where the arguments name it. */
export type GroupRow = Described & { readonly loadGroup: () => Promise<CommandGroup> };

export type CommandRow = SingleRow | GroupRow;

/** The word that stands for a command, which its syntax starts with. */
export function nameOf({ syntax }: CommandRow): string {
  return syntax.replace(/ .*$/s, '');
}
