import { Failure } from '../domain/failure.ts';

/** What stands behind the name of a command, for those that take it. */
const operands: Readonly<Record<string, string>> = {
  explain: 'a PATH',
  persist: '"file PATH" or "pkg NAME"',
  forget: '"file PATH" or "pkg NAME"',
  policy: '"check"',
};

/** Turns what yargs says of arguments into a sentence with the words as they were typed, and where to read on. */
export function usageFailure(message: string, args: readonly string[], commands: readonly string[]): Failure {
  const command = args.find((arg) => commands.includes(arg)) ?? null;
  return new Failure({
    code: 'usage',
    kind: 'input',
    message: explain(message, args, command),
    advice: `See migrate ${command === null ? '' : `${command} `}--help`,
  });
}

function explain(message: string, args: readonly string[], command: string | null): string {
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
    return `migrate ${command ?? ''} needs ${operands[command ?? ''] ?? 'more arguments'}`;
  return message;
}

/** As it was typed: an option has dashes, and what stands by its place alone has none. */
function nameOf(name: string, args: readonly string[]): string {
  const option = `--${name}`;
  return args.some((arg) => arg === option || arg.startsWith(`${option}=`)) ? option : name.toUpperCase();
}

// yargs drops the dashes, and lists an option again in camel case; what was typed is what the person looks for.
function unknown(names: readonly string[], args: readonly string[], command: string | null): string {
  const typed = args.filter((arg) => names.includes(arg.replace(/^-+/, '').replace(/=.*$/s, '')));
  const first = typed[0] ?? names[0] ?? '';
  if (first.startsWith('-')) return `Unknown option ${first.replace(/=.*$/s, '')}`;
  return command === null ? `Unknown command "${first}"` : `"${first}" is one argument too many for migrate ${command}`;
}

function optionsOf(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(', ');
}
