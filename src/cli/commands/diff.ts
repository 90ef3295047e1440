import type { Argv } from 'yargs';
import { bytesToJson, displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { shortPlaceOf } from '../../domain/rule-place.ts';
import { type LocalChange, type LocalChanges, listChanges } from '../../flows/list-changes.ts';
import { columnOf } from '../columns.ts';
import type { CommandBody } from '../command-row.ts';
import { type Console, exitCodes, paint } from '../console.ts';
import type { Context } from '../context.ts';
import { baseOf, jsonOption, policyFilesOf, policyOption, requireRoot, storeOption, treeOptions } from '../options.ts';
import { countOf } from '../quantities.ts';
import { objectDiffDocument, renderObjectDiff } from '../render-object-diff.ts';
import { progressLine } from '../show-progress.ts';
import { printResult, storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('from', { type: 'string', describe: 'a VERSION, an IMAGE, TAG@VOLUME or VOLUME/BRANCH' })
    .positional('to', { type: 'string', describe: 'what it is compared with' })
    .options({
      base: { ...treeOptions.base, demandOption: false },
      old: { ...treeOptions.old, demandOption: false },
      ...policyOption,
      ...storeOption,
      ...jsonOption,
    })
    .option('no-xattrs', {
      type: 'boolean',
      default: false,
      describe: 'compare without extended attributes, ACLs and capabilities, as diff -r does',
    })
    .example('$0 diff --base /mnt/image --old /', 'what was changed here since the image was delivered')
    .example('$0 diff bookworm.1 trixie.2', 'in what one version differs from another')
    .epilogue(
      'Either two names of the store, or --base and --old; only the latter ask the policy.\n' +
        'Exit codes: 0 that is all, whether it differs or not; 1 a path could not be read, and what differs there is not told.',
    );
}

/** `migrate diff`: what was changed locally and what the policy says of it, or in what two versions differ. */
export function diffCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Arguments;
      const { from, to } = args;
      const length = from === undefined ? diffTrees(context, args) : await diffVersions(context, args, from, to);
      const { console, finish } = context;
      if (length > 0) console.err(`migrate: Cannot tell all changes: ${countOf(length, 'path')} could not be read\n`);
      finish(length === 0 ? exitCodes.done : exitCodes.failed);
    },
  };
}

type Arguments = Awaited<ReturnType<typeof options>['argv']>;

/** Gives how many paths could not be read. */
function diffTrees({ system, console, changeSources }: Context, args: Arguments): number {
  const { base, old } = args;
  requireRoot(system, 'diff');
  if (base === undefined || old === undefined) throw missing({ '--base': base, '--old': old });
  const progress = progressLine(console);
  const found = listChanges(system, {
    base: baseOf(base),
    old,
    policyFiles: policyFilesOf(system, args.policy),
    withoutXattrs: args.noXattrs,
    changeSources,
    onProgress: progress.onProgress,
  });
  progress.clear();
  console.out(args.json ? `${JSON.stringify(documentOf(found))}\n` : render(found, console));
  return found.unreadable.length;
}

/** Gives the same. */
async function diffVersions(context: Context, args: Arguments, from: string, to: string | undefined): Promise<number> {
  const { base, old, policy, noXattrs } = args;
  const others = Object.entries({
    '--base': base,
    '--old': old,
    '--policy': policy,
    '--no-xattrs': noXattrs || undefined,
  });
  const [other] = others.filter(([, value]) => value !== undefined).map(([name]) => name);
  if (other !== undefined) throw usage(`${other} is for directories, and ${from} is named as one of the store`);
  if (to === undefined) throw usage(`Missing: what ${from} is to be compared with`);
  const { system, console } = context;
  const request = { ...storeRequest(context, args, 'diff'), from, to };
  const { diffObjects } = await import('../../flows/volumes/diff-objects.ts');
  const progress = progressLine(console);
  const diff = await diffObjects(system, { ...request, onProgress: progress.onProgress });
  progress.clear();
  printResult(console, args, { document: objectDiffDocument(diff), text: renderObjectDiff(diff, console) });
  return diff.unreadable.length;
}

function missing(options: Readonly<Record<string, string | undefined>>): Failure {
  const names = Object.keys(options).filter((name) => options[name] === undefined);
  return usage(`Missing: ${names.join(', ')}, or the names of two versions`);
}

function usage(message: string): Failure {
  return new Failure({ code: 'usage', kind: 'input', message, advice: 'See migrate diff --help' });
}

function documentOf({ changes, boundaries, unreadable }: LocalChanges): object {
  const withPath = <Row extends { readonly path: string }>(row: Row): object => ({
    ...row,
    path: bytesToJson(row.path),
  });
  return {
    schema: 'migrate.diff/1',
    changes: changes.map(({ path, change, differs, verdict }) => {
      const { pattern, source } = verdict.rule;
      return {
        path: bytesToJson(path),
        change,
        differs,
        verb: verdict.verb,
        rule: { pattern: bytesToJson(pattern), source },
      };
    }),
    boundaries: boundaries.map(withPath),
    unreadable: unreadable.map(withPath),
  };
}

function render({ changes, boundaries, unreadable }: LocalChanges, console: Console): string {
  const width = columnOf(changes.map(({ path }) => displayBytes(path)));
  const lines = [
    ...changes.map((change) => renderChange(change, width, console)),
    ...boundaries.map(
      ({ path, kind }) => `${paint(console, 'yellow', kind.padEnd(9))} ${displayBytes(path)}  not looked into`,
    ),
    ...unreadable.map(
      ({ path, code, call }) => `${paint(console, 'red', 'unreadable')} ${displayBytes(path)}  ${call}: ${code}`,
    ),
    countOf(changes.length, 'change'),
  ];
  return `${lines.join('\n')}\n`;
}

const changeStyles = { added: 'green', deleted: 'red', modified: 'cyan', type: 'yellow', none: 'dim' } as const;

function renderChange({ path, change, differs, verdict }: LocalChange, width: number, console: Console): string {
  const what = differs.length === 0 ? '' : ` (${differs.map(displayBytes).join(', ')})`;
  const { verb, rule } = verdict;
  const name = paint(console, changeStyles[change], change.padEnd(9));
  const place = paint(console, 'dim', shortPlaceOf(rule.source));
  return `${name} ${displayBytes(path).padEnd(width)}  ${verb}${what}  ${place}`;
}
