import type { Argv } from 'yargs';
import { placeOfStore } from '../../../flows/place-of-store.ts';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { loaderDocument, renderLoaderState } from '../../render-loader.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .options({ ...storeOption, ...jsonOption })
    .example('$0 loader show', 'what starts next, and how many starts a version on trial has left');
}

/** `migrate loader show`. */
export function showCommand(context: Context): CommandBody {
  const { system, console, loaderKinds, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const place = await placeOfStore(system, storeRequest(context, args, 'loader show'));
      const { showLoader } = await import('../../../flows/loader/show-loader.ts');
      const shown = await showLoader(place, loaderKinds);
      const { kind, device, path } = shown.record;
      printResult(console, args, {
        document: loaderDocument(shown),
        text: `Loader   ${kind}, which reads /${path} of ${device}\n${renderLoaderState(shown.state)}`,
      });
      finish(exitCodes.done);
    },
  };
}
