import type { Argv } from 'yargs';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { renderVolumes, volumesDocument } from '../../render-volumes.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('volume', { type: 'string', describe: 'only this one' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 volume ls', 'all volumes with their branches and tags')
    .example('$0 volume ls db', 'those of one volume');
}

/** `migrate volume ls`: what there is. */
export function listCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const request = { ...storeRequest(context, args, 'volume ls'), volume: args.volume ?? null };
      const { listVolumes } = await import('../../../flows/volumes/list-volumes.ts');
      const volumes = await listVolumes(system, request);
      printResult(console, args, { document: volumesDocument(volumes), text: renderVolumes(volumes, console) });
      finish(exitCodes.done);
    },
  };
}
