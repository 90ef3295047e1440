import type { Argv } from 'yargs';
import { placeOfStore } from '../../../flows/place-of-store.ts';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { loaderDocument, renderLoaderState, sayNotes } from '../../render-loader.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv, kinds: readonly string[]) {
  return yargs
    .positional('kind', { choices: kinds, demandOption: true, describe: `the loader: ${kinds.join(', ')}` })
    .positional('directory', { type: 'string', demandOption: true, describe: 'where it reads, and writes' })
    .options({
      ...storeOption,
      tries: {
        type: 'string',
        choices: ['1', '2', '3'] as const,
        default: '2',
        requiresArg: true,
        describe: 'how often a version on trial is started: 1, 2 or 3; else 2',
      },
      ...jsonOption,
    })
    .example('$0 loader set grub /boot/migrate', 'an existing directory of a /boot on ext4, or of the ESP')
    .epilogue(
      'The directory must lie on a filesystem that the loader can write to: of GRUB ext4 or FAT on a plain partition, not\n' +
        'btrfs, LVM or RAID. Whatever else is in that filesystem stays as it is.',
    );
}

/** `migrate loader set`: the machine has a loader from now on. */
export function setCommand(context: Context): CommandBody {
  const { system, console, loaderKinds, finish } = context;
  const kinds = loaderKinds.map(({ name }) => name);
  return {
    builder: (yargs) => options(yargs, kinds),
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const place = await placeOfStore(system, storeRequest(context, args, 'loader set'));
      const { setLoader } = await import('../../../flows/loader/set-loader.ts');
      const { kind, directory, tries } = args;
      const set = await setLoader(place, loaderKinds, { kind, directory, tries: Number(tries) });
      printResult(console, args, {
        document: loaderDocument(set),
        text: `${kind} starts this machine from ${directory}\n${renderLoaderState(set.state)}`,
      });
      sayNotes(console, set.notes);
      finish(exitCodes.done);
    },
  };
}
