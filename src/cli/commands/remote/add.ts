import type { Argv } from 'yargs';
import { textOrBytes } from '../../../domain/bytes.ts';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'what it is called here' })
    .positional('url', {
      type: 'string',
      demandOption: true,
      describe: 'ssh://[USER@]HOST[:PORT]/STORE, the path of a store, or restic:REPOSITORY',
    })
    .options({
      identity: { type: 'string', requiresArg: true, describe: 'the file with the private key that ssh is to use' },
      'ssh-option': {
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'an option for ssh, as ssh -o takes it; may be given again',
      },
      ...storeOption,
      ...jsonOption,
    })
    .example(
      '$0 remote add vault ssh://root@vault.example/srv/store --identity /root/vault-key',
      'the store of another machine, with a key that may do just this (migrate serve --help)',
    )
    .example('$0 remote add usb /mnt/usb/store', 'a store on this machine')
    .example('$0 remote add offsite restic:sftp:backup@vault.example:/srv/restic', 'a repository of restic');
}

/** `migrate remote add`. */
export function addCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const store = storeRequest(context, args, 'remote add');
      const { addRemoteTo } = await import('../../../flows/transfer/remotes.ts');
      const { name, url } = args;
      // It is used from wherever a push is run.
      const identity = args.identity === undefined ? null : textOrBytes(system.resolve(args.identity));
      const remote = { name, url, identity, sshOptions: args['ssh-option'] };
      await addRemoteTo(system, { ...store, remote });
      printResult(console, args, {
        document: { schema: 'migrate.remote-added/1', ...remote },
        text: `Added the remote ${name}, ${url}\n`,
      });
      finish(exitCodes.done);
    },
  };
}
