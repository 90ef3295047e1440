import type { Argv } from 'yargs';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { printResult, storeRequest } from '../store-request.ts';
import { unmounting } from '../unmounting.ts';

function mountOptions(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'a VERSION, an IMAGE, or TAG@VOLUME' })
    .positional('directory', { type: 'string', demandOption: true, describe: 'where; empty, or not there yet' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 mount bookworm.1 /mnt', 'look into the root of another version');
}

/** `migrate mount`: the root of a version as a directory, to look into. */
export function mountCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: mountOptions,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof mountOptions>['argv']>;
      const request = { ...storeRequest(context, args, 'mount'), name: args.name, at: args.directory };
      const { mountVersion } = await import('../../flows/mount-version.ts');
      const mounted = await mountVersion(system, request);
      printResult(console, args, {
        document: { schema: 'migrate.volume-mounted/1', ...mounted },
        text: `Mounted ${mounted.name} read-only at ${mounted.directory}\n`,
      });
      finish(exitCodes.done);
    },
  };
}

/** `migrate umount`: the way back. */
export function unmountCommand(context: Context): CommandBody {
  return unmounting(context, 'umount');
}
