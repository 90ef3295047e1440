import type { Argv } from 'yargs';
import type { CommandBody } from './command-row.ts';
import { exitCodes } from './console.ts';
import type { Context } from './context.ts';
import { jsonOption, requireRoot } from './options.ts';
import { printResult } from './store-request.ts';

/** The body of the commands that take away what those called like them, without the `u`, have mounted. */
export function unmounting({ system, console, finish }: Context, command: 'umount' | 'volume umount'): CommandBody {
  const builder = (yargs: Argv) =>
    yargs
      .positional('directory', { type: 'string', demandOption: true, describe: 'where it is mounted' })
      .options({ ...jsonOption })
      .example(`$0 ${command} /mnt`, `take away what 'migrate ${command.replace('umount', 'mount')}' mounted there`);
  return {
    builder,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof builder>['argv']>;
      requireRoot(system, command);
      const { unmountObject } = await import('../flows/volumes/mount-object.ts');
      const unmounted = unmountObject(system, args.directory);
      printResult(console, args, {
        document: { schema: 'migrate.volume-unmounted/1', ...unmounted },
        text: `Unmounted ${unmounted.name} from ${unmounted.directory}\n`,
      });
      finish(exitCodes.done);
    },
  };
}
