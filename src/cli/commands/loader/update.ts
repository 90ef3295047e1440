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
    .options({ ...storeOption, ...jsonOption })
    .example('$0 loader update', 'after a kernel or an initramfs of the running version was changed');
}

/** `migrate loader update`. */
export function updateCommand(context: Context): CommandBody {
  const { system, console, loaderKinds, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const place = await placeOfStore(system, storeRequest(context, args, 'loader update'));
      const { requireLoader } = await import('../../../flows/loader/show-loader.ts');
      const { updateLoader } = await import('../../../flows/loader/update-loader.ts');
      const { withLoaderAlone } = await import('../../../flows/loader/with-loader.ts');
      const known = await requireLoader(place, loaderKinds);
      const { state, notes } = withLoaderAlone(place, () => updateLoader(place, known));
      printResult(console, args, {
        document: { schema: 'migrate.loader-updated/1', state, notes },
        text: renderLoaderState(state),
      });
      sayNotes(console, notes);
      finish(exitCodes.done);
    },
  };
}
