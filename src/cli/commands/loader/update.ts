import type { Argv } from 'yargs';
import { placeOfStore } from '../../../flows/place-of-store.ts';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { renderLoaderState, sayNotes } from '../../render-loader.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .options({
      ...storeOption,
      'if-set': {
        type: 'boolean',
        default: false,
        describe: 'do nothing where there is no store, or it knows of no loader',
      },
      ...jsonOption,
    })
    .example('$0 loader update', 'after a kernel or an initramfs of the running version was changed');
}

/** `migrate loader update`. */
export function updateCommand(context: Context): CommandBody {
  const { system, console, loaderKinds, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { requireLoader } = await import('../../../flows/loader/show-loader.ts');
      const { updateIfSet } = await import('../../../flows/loader/update-if-set.ts');
      const request = storeRequest(context, args, 'loader update');
      if (!args['if-set']) await requireLoader(await placeOfStore(system, request), loaderKinds);
      const { state, notes } = (await updateIfSet(system, request, loaderKinds)) ?? { state: null, notes: [] };
      printResult(console, args, {
        document: { schema: 'migrate.loader-updated/1', state, notes },
        text: state === null ? 'No loader is known: nothing to do\n' : renderLoaderState(state),
      });
      sayNotes(console, notes);
      finish(exitCodes.done);
    },
  };
}
