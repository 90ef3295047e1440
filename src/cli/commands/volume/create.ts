import type { Argv } from 'yargs';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'VOLUME, or VOLUME/BRANCH' })
    .options({
      class: {
        choices: ['system', 'config', 'state', 'data'] as const,
        default: 'data' as const,
        requiresArg: true,
        describe:
          'of a new volume: data (else), state, config or system; what updates, rollbacks and resets do with it',
      },
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 volume create db', 'a volume for data')
    .example('$0 volume create db/main', 'an empty branch of it');
}

/** `migrate volume create`: a volume, or an empty branch of one. */
export function createCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const request = { ...storeRequest(context, args, 'volume create'), name: args.name, class: args.class };
      const { createVolume } = await import('../../../flows/volumes/create-volume.ts');
      const created = await createVolume(system, request);
      printResult(console, args, {
        document: { schema: 'migrate.volume-created/1', ...created },
        text: `Made the ${created.kind} ${created.name}\n`,
      });
      finish(exitCodes.done);
    },
  };
}
