import { Failure } from '../domain/failure.ts';
import { nearWord } from './near-word.ts';

/** What is known of a command where the arguments cannot be understood. */
export type KnownCommand = {
  /** One word, or two such as `volume ls`. */
  readonly name: string;
  /** What stands behind the name, for those that take it. */
  readonly needs?: string | undefined;
  /** Whether it is only the first of two words. */
  readonly isGroup?: boolean;
};

/** What is looked for as a command, and is somewhere else. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ['recover', "The recovery shell is in the boot loader's menu, below Recovery"],
  ['volume rm', 'A volume, a branch or a tag is removed by migrate volume destroy'],
]);

/** Turns what yargs says of arguments into a sentence with the words as they were typed, and where to read on. */
export function usageFailure(message: string, args: readonly string[], commands: readonly KnownCommand[]): Failure {
  const command = commandOf(args, commands);
  const said = explain(message, args, command);
  const help = `See migrate ${command === null ? '' : `${command.name} `}--help`;
  return new Failure({ code: 'usage', kind: 'input', message: said, advice: hintOf(said, commands) ?? help });
}

/** Where an unknown command may be a known one that was mistyped, or something that is no command. */
function hintOf(said: string, commands: readonly KnownCommand[]): string | null {
  const [, typed] = /^Unknown command "(.+)"$/s.exec(said) ?? [];
  if (typed === undefined) return null;
  const group = typed.slice(0, typed.lastIndexOf(' ') + 1);
  const words = commands.flatMap(({ name }) => (name.startsWith(group) ? [name.slice(group.length)] : []));
  const near = nearWord(typed.slice(group.length), words);
  return near === null ? (elsewhere.get(typed) ?? null) : `Did you mean migrate ${group}${near}?`;
}

function commandOf(args: readonly string[], commands: readonly KnownCommand[]): KnownCommand | null {
  const named = (name: string): KnownCommand | undefined => commands.find((command) => command.name === name);
  const first = args.findIndex((arg) => named(arg) !== undefined);
  const word = args[first];
  if (word === undefined) return null;
  const seconds = args.slice(first + 1).map((arg) => named(`${word} ${arg}`));
  return seconds.find((second) => second !== undefined) ?? named(word) ?? null;
}

function explain(message: string, args: readonly string[], command: KnownCommand | null): string {
  const [, option, given, choices] =
    /^Invalid values:\s+Argument: (.+), Given: (.+), Choices: (.+)$/s.exec(message) ?? [];
  if (option !== undefined) return `${nameOf(option, args)} ${given} is none of ${choices}`;
  const [, complaint, names] = /^(.+): (.+)$/.exec(message) ?? [];
  if (complaint === undefined || names === undefined) return message;
  const list = names.split(', ');
  if (complaint.startsWith('Unknown argument')) return unknown(list, args, command);
  if (complaint.startsWith('Missing required argument')) return `Missing: ${optionsOf(list)}`;
  if (complaint === 'Not enough arguments following') return `${optionsOf(list)} needs a value after it`;
  if (complaint.startsWith('Not enough non-option arguments'))
    return `migrate ${command?.name ?? ''} needs ${command?.needs ?? 'more arguments'}`;
  return message;
}

/** As it was typed: an option has dashes, and what stands by its place alone has none. */
function nameOf(name: string, args: readonly string[]): string {
  const option = `--${name}`;
  return args.some((arg) => arg === option || arg.startsWith(`${option}=`)) ? option : name.toUpperCase();
}

// yargs drops the dashes, and lists an option again in camel case; what was typed is what the person looks for.
function unknown(names: readonly string[], args: readonly string[], command: KnownCommand | null): string {
  const typed = args.filter((arg) => names.includes(arg.replace(/^-+/, '').replace(/=.*$/s, '')));
  const first = typed[0] ?? names[0] ?? '';
  if (first.startsWith('-')) return `Unknown option ${first.replace(/=.*$/s, '')}`;
  if (command === null) return `Unknown command "${first}"`;
  if (command.isGroup === true) return `Unknown command "${command.name} ${first}"`;
  return `"${first}" is one argument too many for migrate ${command.name}`;
}

function optionsOf(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(', ');
}
