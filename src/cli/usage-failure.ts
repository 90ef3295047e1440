import { Failure } from '../domain/failure.ts';

/** What is known of a command where the arguments cannot be understood. */
export type KnownCommand = {
  /** One word, or two such as `volume ls`. */
  readonly name: string;
  /** What stands behind the name, for those that take it. */
  readonly needs?: string | undefined;
  /** Whether it is only the first of two words. */
  readonly isGroup?: boolean;
};

/** Turns what yargs says of arguments into a sentence with the words as they were typed, and where to read on. */
export function usageFailure(message: string, args: readonly string[], commands: readonly KnownCommand[]): Failure {
  const command = commandOf(args, commands);
  return new Failure({
    code: 'usage',
    kind: 'input',
    message: explain(message, args, command),
    advice: `See migrate ${command === null ? '' : `${command.name} `}--help`,
  });
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
