import type { Argv } from 'yargs';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'the remote' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 remote rm usb', 'tags that were kept for it may be removed again');
}

/** `migrate remote rm`. */
export function removeCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { name } = args;
      const store = storeRequest(context, args, 'remote rm');
      const { removeRemote } = await import('../../../flows/transfer/remotes.ts');
      const released = await removeRemote(system, { ...store, name });
      const kept = released.length === 0 ? '' : `; no longer kept for it: ${released.join(', ')}`;
      printResult(console, args, {
        document: { schema: 'migrate.remote-removed/1', name, released },
        text: `Removed the remote ${name}${kept}\n`,
      });
      finish(exitCodes.done);
    },
  };
}
