import type { Argv } from 'yargs';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, requireRoot } from '../../options.ts';
import { printResult } from '../../store-request.ts';

function createOptions(yargs: Argv, kinds: readonly string[]) {
  return yargs
    .positional('directory', { type: 'string', demandOption: true, describe: 'an existing directory' })
    .options({
      backend: {
        choices: kinds,
        demandOption: true,
        requiresArg: true,
        describe: `what keeps branches and tags: ${kinds.join(', ')}; needed`,
      },
      host: {
        type: 'string',
        requiresArg: true,
        describe: 'what to call this machine in names of branches; else its host name',
      },
      pool: {
        type: 'string',
        requiresArg: true,
        describe: 'where branches and tags lie if not in the directory: of lvm-thin VG/POOL, of zfs POOL/DATASET',
      },
      ...jsonOption,
    })
    .example('$0 store create /store --backend btrfs', 'keep volumes in the btrfs filesystem at /store')
    .example('$0 store create /store --backend lvm-thin --pool vg0/pool', 'keep volumes in a thin pool');
}

/** `migrate store create`: makes a directory a store. */
export function createCommand({ system, storeKinds, console, finish }: Context): CommandBody {
  return {
    builder: (yargs) =>
      createOptions(
        yargs,
        storeKinds.map(({ name }) => name),
      ),
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof createOptions>['argv']>;
      requireRoot(system, 'store create');
      const { directory, backend, host = null, pool } = args;
      const { makeStore } = await import('../../../flows/volumes/create-store.ts');
      const identity = await makeStore(system, { directory, storeKinds, backend, host, pool });
      printResult(console, args, {
        document: { schema: 'migrate.store-created/1', directory, ...identity },
        text: `Made a store in ${directory}: ${identity.backend}, host ${identity.host}\n`,
      });
      finish(exitCodes.done);
    },
  };
}
