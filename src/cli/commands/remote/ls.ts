import type { Argv } from 'yargs';
import { columnOf } from '../../columns.ts';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs.options({ ...storeOption, ...jsonOption }).example('$0 remote ls', 'names and URLs');
}

/** `migrate remote ls`. */
export function listCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const store = storeRequest(context, args, 'remote ls');
      const { listRemotes } = await import('../../../flows/transfer/remotes.ts');
      const remotes = await listRemotes(system, store);
      const width = columnOf(remotes.map(({ name }) => name));
      const lines = remotes.map(({ name, url }) => `${name.padEnd(width)}  ${url}\n`).join('');
      printResult(console, args, {
        document: { schema: 'migrate.remotes/1', remotes },
        text: remotes.length === 0 ? 'The store has no remotes\n' : lines,
      });
      finish(exitCodes.done);
    },
  };
}
