import type { Argv } from 'yargs';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { printResult, storeRequest } from '../../store-request.ts';
import { unmounting } from '../../unmounting.ts';

function mountOptions(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'VOLUME/BRANCH or TAG@VOLUME' })
    .positional('directory', { type: 'string', demandOption: true, describe: 'where; empty, or not there yet' })
    .options({
      'read-only': { type: 'boolean', default: false, describe: 'a branch too; a tag always is' },
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 volume mount monday@db /mnt', 'look at a tag');
}

/** `migrate volume mount`: a branch or tag as a directory. */
export function mountCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: mountOptions,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof mountOptions>['argv']>;
      const store = storeRequest(context, args, 'volume mount');
      const { mountObject } = await import('../../../flows/volumes/mount-object.ts');
      const request = { ...store, name: args.name, at: args.directory, readOnly: args['read-only'] };
      const mounted = await mountObject(system, request);
      printResult(console, args, {
        document: { schema: 'migrate.volume-mounted/1', ...mounted },
        text: `Mounted ${mounted.name} at ${mounted.directory}\n`,
      });
      finish(exitCodes.done);
    },
  };
}

/** `migrate volume umount`: the way back. */
export function unmountCommand(context: Context): CommandBody {
  return unmounting(context, 'volume umount');
}
