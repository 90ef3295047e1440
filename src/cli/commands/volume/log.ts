import type { Argv } from 'yargs';
import type { NamedAncestry } from '../../../flows/volumes/ancestry.ts';
import { columnOf } from '../../columns.ts';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { dateOf, remarksOf } from '../../render-volumes.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'VOLUME/BRANCH or TAG@VOLUME' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 volume log db/try', 'what it was made from, what that was made from, and so on');
}

/** `migrate volume log`: the ancestry of a branch or tag. */
export function logCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const request = { ...storeRequest(context, args, 'volume log'), name: args.name };
      const { showAncestry } = await import('../../../flows/volumes/ancestry.ts');
      const ancestry = await showAncestry(system, request);
      printResult(console, args, { document: documentOf(ancestry), text: render(ancestry) });
      finish(exitCodes.done);
    },
  };
}

function documentOf({ line, goesOn }: NamedAncestry): object {
  return {
    schema: 'migrate.volume-log/1',
    line: line.map(({ name, object, removed }) => ({ ...object, name, removed })),
    complete: !goesOn,
  };
}

function render({ line, goesOn }: NamedAncestry): string {
  const width = columnOf(line.map(({ name }) => name));
  const rows = line.map(({ name, object, removed }) => {
    const gone = removed ? '  destroyed' : '';
    return `${object.kind.padEnd(6)}  ${name.padEnd(width)}  ${dateOf(object)}${gone}${remarksOf(object)}`;
  });
  const end = goesOn ? ['of something that the ledger does not know any more'] : [];
  return `${[...rows, ...end].join('\n')}\n`;
}
