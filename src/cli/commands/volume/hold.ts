import type { Argv } from 'yargs';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { printResult, storeRequest } from '../../store-request.ts';

type HoldCommand = { readonly action: 'hold' | 'release'; readonly example: string };

const hold: HoldCommand = {
  action: 'hold',
  example: 'it stays until it is released',
};
const release: HoldCommand = {
  action: 'release',
  example: 'it may be removed again, unless somebody else holds it',
};

function optionsOf({ action, example }: HoldCommand) {
  return (yargs: Argv) =>
    yargs
      .positional('name', { type: 'string', demandOption: true, describe: 'VOLUME/BRANCH or TAG@VOLUME' })
      .options({
        for: { type: 'string', requiresArg: true, default: 'user', describe: 'who needs it: a word of your own' },
        ...storeOption,
        ...jsonOption,
      })
      .example(`$0 volume ${action} monday@db`, example);
}

/** `migrate volume hold`. */
export function holdCommand(context: Context): CommandBody {
  return changeHoldCommand(context, hold);
}

/** `migrate volume release`. */
export function releaseCommand(context: Context): CommandBody {
  return changeHoldCommand(context, release);
}

function changeHoldCommand(context: Context, command: HoldCommand): CommandBody {
  const { system, console, finish } = context;
  const { action } = command;
  const builder = optionsOf(command);
  return {
    builder,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof builder>['argv']>;
      const store = storeRequest(context, args, `volume ${action}`);
      const { changeHold } = await import('../../../flows/volumes/hold.ts');
      const held = await changeHold(system, { ...store, action, name: args.name, hold: args.for });
      const { name, holds } = held;
      printResult(console, args, {
        document: { schema: 'migrate.volume-holds/1', ...held },
        text: `${name} is held for ${holds.length === 0 ? 'nobody' : holds.join(', ')}\n`,
      });
      finish(exitCodes.done);
    },
  };
}
