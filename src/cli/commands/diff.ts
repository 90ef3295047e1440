import type { Argv, CommandModule } from 'yargs';
import { bytesToJson, displayBytes } from '../../domain/bytes.ts';
import { type LocalChange, type LocalChanges, listChanges } from '../../flows/list-changes.ts';
import { columnOf, shortPlaceOf } from '../columns.ts';
import { type Console, exitCodes, paint } from '../console.ts';
import type { Context } from '../context.ts';
import { baseOf, jsonOption, policyFilesOf, policyOption, requireRoot, treeOptions } from '../options.ts';
import { countOf } from '../quantities.ts';
import { progressLine } from '../show-progress.ts';

function options(yargs: Argv) {
  return yargs
    .options({ base: treeOptions.base, old: treeOptions.old, ...policyOption, ...jsonOption })
    .example('$0 diff --base /mnt/image --old /', 'what was changed here since the image was delivered');
}

/** `migrate diff`: what was changed locally, and what the policy says of it. */
export function diffCommand({ system, console, changeSources, finish }: Context): CommandModule<object, object> {
  return {
    command: 'diff',
    describe: 'show what was changed locally, and what the policy says of it',
    builder: options,
    handler: (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      requireRoot(system, 'diff');
      const progress = progressLine(console);
      const { base, old } = args;
      const found = listChanges(system, {
        base: baseOf(base),
        old,
        policyFiles: policyFilesOf(system, args.policy),
        changeSources,
        onProgress: progress.onProgress,
      });
      progress.clear();
      console.out(args.json ? `${JSON.stringify(documentOf(found))}\n` : render(found, console));
      const { length } = found.unreadable;
      if (length > 0) console.err(`migrate: Cannot tell all changes: ${countOf(length, 'path')} could not be read\n`);
      finish(length === 0 ? exitCodes.done : exitCodes.failed);
    },
  };
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
