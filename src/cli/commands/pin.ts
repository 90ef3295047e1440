import type { Argv } from 'yargs';
import { pinVersion } from '../../flows/pin-version.ts';
import { placeOfStore } from '../../flows/place-of-store.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, requireRoot, storeOf, storeOption } from '../options.ts';

type PinCommand = {
  readonly name: 'pin' | 'unpin';
  readonly pinned: boolean;
  readonly example: string;
};

const pin: PinCommand = {
  name: 'pin',
  pinned: true,
  example: 'this version stays until it is unpinned',
};
const unpin: PinCommand = {
  name: 'unpin',
  pinned: false,
  example: 'the retention decides about it again',
};

function optionsOf({ name, example }: PinCommand) {
  return (yargs: Argv) =>
    yargs
      .positional('id', { type: 'string', demandOption: true, describe: 'the id of a version' })
      .options({ ...storeOption, ...jsonOption })
      .example(`$0 ${name} trixie.2`, example);
}

/** `migrate pin`: a version stays for good. */
export function pinCommand(context: Context): CommandBody {
  return changePinCommand(context, pin);
}

/** `migrate unpin`: the retention decides about it again. */
export function unpinCommand(context: Context): CommandBody {
  return changePinCommand(context, unpin);
}

function changePinCommand({ system, storeKinds, console, finish }: Context, command: PinCommand): CommandBody {
  const { name, pinned } = command;
  const builder = optionsOf(command);
  return {
    builder,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof builder>['argv']>;
      requireRoot(system, name);
      const place = await placeOfStore(system, { directory: storeOf(args), storeKinds });
      const { changed } = pinVersion(place, { id: args.id, pinned });
      const text = `${args.id} ${changed ? 'is now' : 'was already'} ${pinned ? 'pinned' : 'not pinned'}\n`;
      console.out(
        args.json ? `${JSON.stringify({ schema: 'migrate.pin/1', version: args.id, pinned, changed })}\n` : text,
      );
      finish(exitCodes.done);
    },
  };
}
