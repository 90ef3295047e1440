import type { Argv } from 'yargs';
import { bytesOfText, displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { persistSubject } from '../../flows/edit-policy.ts';
import { isThere, type PackageOfPath, packageOfPath, type RuleSubject, subjectOf } from '../../flows/policy-subject.ts';
import { withRoot } from '../../flows/with-root.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, requireRoot, rootOption, subjectPositionals } from '../options.ts';
import { countOf } from '../quantities.ts';
import { editDocument, renderEdit } from '../render-edit.ts';

function options(yargs: Argv) {
  return yargs
    .positional('kind', subjectPositionals.kind)
    .positional('name', subjectPositionals.name)
    .options({
      ...rootOption,
      pin: { type: 'boolean', default: false, describe: 'carry it even where it equals the old default' },
      package: { type: 'boolean', default: false, describe: 'with file: the whole package that owns it, unasked' },
      only: { type: 'boolean', default: false, describe: 'with file: just this path, unasked' },
      ...jsonOption,
    })
    .check(refuseBoth)
    .example('$0 persist file /usr/share/nginx/html/index.html', 'carry this file to every new version')
    .example('$0 persist pkg vdsm', 'carry every file of a package that was changed');
}

function refuseBoth({ package: whole, only }: Readonly<Record<string, unknown>>): true {
  if (whole !== true || only !== true) return true;
  throw new Failure({
    code: 'usage',
    kind: 'input',
    message: 'Cannot tell what is meant: --package is the whole package, --only just this path',
    advice: 'See migrate persist --help',
  });
}

type Arguments = Awaited<ReturnType<typeof options>['argv']>;

/** `migrate persist`: has the machine's own policy carry a path or a package. */
export function persistCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: (parsed) => {
      const args = parsed as Arguments;
      requireRoot(system, 'persist');
      const { edit, there } = withRoot(system, args.root, (root) => {
        const named = subjectOf(root, args.kind, bytesOfText(args.name));
        // Where just the path is meant, no package database has to be there to be asked.
        const subject =
          named.kind === 'package' || args.only
            ? named
            : chosen(named, packageOfPath(system, root, named.path), args, context);
        return { edit: persistSubject({ system, root }, subject, { pin: args.pin }), there: isThere(root, subject) };
      });
      console.out(args.json ? `${JSON.stringify({ ...editDocument(edit), there })}\n` : renderEdit(edit));
      if (!there) console.err(absentNote(args.name));
      finish(exitCodes.done);
    },
  };
}

// What was deleted here is carried too, as deleted; but a name that was misspelt would be missed only after the update.
function absentNote(name: string): string {
  const directory = name.endsWith('/') ? '' : '; a directory has "/" at its end';
  return `migrate: nothing is at ${name}: the rule keeps it away from new versions too, or carries what comes there later${directory}\n`;
}

/** The path, or the package that owns it: as the options say, else as the person at the terminal does. */
function chosen(named: RuleSubject, owner: PackageOfPath | null, args: Arguments, { console }: Context): RuleSubject {
  if (owner === null) return named;
  const whole: RuleSubject = { kind: 'package', name: owner.name };
  if (args.package) return whole;
  const others = owner.changed.filter((path) => named.kind !== 'package' && path !== named.path);
  if (others.length === 0) return named;
  const name = displayBytes(owner.name);
  const text = `${args.name} belongs to the package ${name}, of which ${countOf(others.length, 'other file')} ${others.length === 1 ? 'was' : 'were'} changed here:\n${others.map((path) => `  ${displayBytes(path)}\n`).join('')}`;
  if (console.ask === null) {
    console.err(`migrate: ${text}migrate: only ${args.name} is meant; --package carries them all\n`);
    return named;
  }
  return /^y/i.test(console.ask(`${text}Carry all changed files of ${name}? [y/N] `)) ? whole : named;
}
