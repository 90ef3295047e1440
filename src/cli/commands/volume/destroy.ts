import type { Argv } from 'yargs';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'VOLUME/BRANCH, TAG@VOLUME or VOLUME' })
    .options({
      recursive: { type: 'boolean', default: false, describe: 'a volume with all its branches and tags' },
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 volume destroy monday@db', 'remove a tag for good')
    .example('$0 volume destroy db --recursive', 'remove a volume with all that is in it');
}

/** `migrate volume destroy`: removes a branch, a tag or a volume. */
export function destroyCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const request = { ...storeRequest(context, args, 'volume destroy'), name: args.name, recursive: args.recursive };
      const { destroy } = await import('../../../flows/volumes/destroy.ts');
      const destroyed = await destroy(system, request);
      printResult(console, args, {
        document: { schema: 'migrate.volume-destroyed/1', destroyed },
        text: destroyed.map((name) => `Destroyed ${name}\n`).join(''),
      });
      finish(exitCodes.done);
    },
  };
}
