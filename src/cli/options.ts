import { bytesOfText, textOrBytes } from '../domain/bytes.ts';
import { noChoices, parseChoices } from '../domain/choices.ts';
import { Failure } from '../domain/failure.ts';
import type { Reset, ResetMode } from '../domain/reset.ts';
import type { MigrationRequest } from '../flows/plan-migration.ts';
import { usualStore } from '../flows/reach-store.ts';
import type { System } from '../system/system.ts';

/** The options that name the trees, as yargs takes them. */
export const treeOptions = {
  base: {
    type: 'string',
    demandOption: true,
    requiresArg: true,
    describe: 'directory of the old image as delivered, or none; needed',
  },
  old: {
    type: 'string',
    demandOption: true,
    requiresArg: true,
    describe: 'directory of the old system as it is now; needed',
  },
  new: {
    type: 'string',
    demandOption: true,
    requiresArg: true,
    describe: 'directory of the new image as delivered; needed',
  },
} as const;

export const policyOption = {
  policy: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: "a policy file, in place of the system's; may be given again",
  },
} as const;

export const rootOption = {
  root: { type: 'string', requiresArg: true, default: '/', describe: 'directory of the system that is meant; else /' },
} as const;

export const storeOption = {
  store: {
    type: 'string',
    requiresArg: true,
    describe: `the directory of the store; else $MIGRATE_STORE, else ${usualStore}`,
  },
} as const;

/** What a rule of the machine's own is to be about, as yargs takes it. */
export const subjectPositionals = {
  kind: { choices: ['file', 'pkg'], demandOption: true, describe: 'file: NAME is a path; pkg: NAME is a package' },
  name: { type: 'string', demandOption: true, describe: 'an absolute path, or the name of a package' },
} as const;

export const jsonOption = {
  json: { type: 'boolean', default: false, describe: 'print one JSON document and nothing else' },
} as const;

export const verboseOptions = {
  verbose: { type: 'boolean', default: false, describe: 'every path, with unified diffs' },
  private: {
    type: 'boolean',
    default: false,
    describe: 'with --verbose: diffs also of files that not everyone may read',
  },
} as const;

export const resetOptions = {
  reset: {
    choices: ['config', 'system'] as const,
    requiresArg: true,
    describe: 'carry only what a reset keeps: config all but settings, system nothing',
  },
  keep: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'with --reset: a class, such as identity, or a pattern to keep all the same; may be given again',
  },
} as const;

type TreeArguments = { readonly base: string; readonly old: string; readonly new: string };
type ResetArguments = { readonly reset?: ResetMode | undefined; readonly keep?: readonly string[] | undefined };

/** Turns the options of a command into what its flow takes; reads policies and choices. */
export function requestOf(
  system: System,
  args: TreeArguments &
    ResetArguments & { readonly policy?: readonly string[] | undefined; readonly choices?: string | undefined },
): Omit<MigrationRequest, 'onProgress'> {
  return {
    base: baseOf(args.base),
    old: args.old,
    new: args.new,
    policyFiles: policyFilesOf(system, args.policy),
    choices:
      args.choices === undefined ? noChoices : parseChoices(textOrBytes(system.readFile(args.choices)), args.choices),
    reset: resetOf(args),
  };
}

/** `none` stands for an old image that is gone; a directory of that name is `./none`. */
export function baseOf(name: string): string | null {
  return name === 'none' ? null : name;
}

function resetOf({ reset, keep = [] }: ResetArguments): Reset | undefined {
  if (reset !== undefined) return { mode: reset, keep: keep.map(bytesOfText) };
  if (keep.length > 0) throw unusable('--keep is for a reset, and --reset is not given');
  return undefined;
}

/** The policies named on the command line, or null where there are none. */
export function policyFilesOf(system: System, names: readonly string[] | undefined): MigrationRequest['policyFiles'] {
  return names === undefined ? null : names.map((name) => ({ name: bytesOfText(name), text: system.readFile(name) }));
}

/** The directory of the store that is meant. */
export function storeOf({ store }: { readonly store?: string | undefined }): string {
  const named = process.env['MIGRATE_STORE'] ?? '';
  return store ?? (named === '' ? usualStore : named);
}

/** Everything that reads or writes owners and attributes of others needs root. */
export function requireRoot(system: System, command: string): void {
  if (system.isRoot) return;
  throw new Failure({
    code: 'not-root',
    kind: 'input',
    message: `Cannot run migrate ${command}: it needs root, to read and write what belongs to others`,
    advice: 'Run it with sudo, or as root',
  });
}

/**
 * Refuses an option that is empty, as an unset variable of a shell leaves it, or given twice where only one can hold.
 * Throws Failure `usage`.
 */
export function refuseUnusableValues(args: Readonly<Record<string, unknown>>): true {
  for (const name of [
    'base',
    'old',
    'new',
    'root',
    'store',
    'backend',
    'host',
    'class',
    'for',
    'as',
    'identity',
    'choices',
    'policy',
    'reset',
    'keep',
    'path',
    'from',
    'to',
    'what',
    'image',
    'parent',
    'digest',
    'signature',
    'data',
  ]) {
    const value = args[name];
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (values.includes('')) throw unusable(`--${name} is empty`);
    if (!['policy', 'keep', 'data'].includes(name) && values.length > 1)
      throw unusable(`--${name} is given ${values.length} times`);
  }
  return true;
}

function unusable(what: string): Failure {
  return new Failure({
    code: 'usage',
    kind: 'input',
    message: `Cannot tell what is meant: ${what}`,
    advice: 'Name one directory or file with it, and check the variables of your script',
  });
}
