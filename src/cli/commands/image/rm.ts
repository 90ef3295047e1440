import type { Argv } from 'yargs';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'the name of an image' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 image rm debian-12', 'remove an image that no version needs');
}

/** `migrate image rm`: removes an image that nobody needs. */
export function removeCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const request = { ...storeRequest(context, args, 'image rm'), name: args.name };
      const { removeImage } = await import('../../../flows/images/remove-image.ts');
      const removed = await removeImage(system, request);
      printResult(console, args, {
        document: { schema: 'migrate.image-removed/1', removed },
        text: `Removed ${removed}\n`,
      });
      finish(exitCodes.done);
    },
  };
}
