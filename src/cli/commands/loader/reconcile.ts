import type { Argv } from 'yargs';
import { placeOfStore } from '../../../flows/place-of-store.ts';
import { versionStatus } from '../../../flows/version-status.ts';
import { withStore } from '../../../flows/with-store.ts';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOf, storeOption } from '../../options.ts';
import { renderLoaderState, sayNotes } from '../../render-loader.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .options({ ...storeOption, ...jsonOption })
    .example('$0 loader reconcile', 'what migrate-loader.service runs at every boot');
}

/** `migrate loader reconcile`: the loader decides what boots; the store follows. */
export function reconcileCommand(context: Context): CommandBody {
  const { system, console, loaderKinds, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const place = await placeOfStore(system, storeRequest(context, args, 'loader reconcile'));
      const { reconcile } = await import('../../../flows/loader/reconcile.ts');
      const { tellAtLogin } = await import('../../../flows/health/tell.ts');
      const found = await reconcile(place, loaderKinds);
      withStore(system, storeOf(args), (store) => tellAtLogin(system, versionStatus(system, store)));
      const document = {
        schema: 'migrate.reconciled/1',
        ...(found ?? { state: null, failed: null, committed: null, notes: [] }),
      };
      const failed = found?.failed ?? null;
      const lines = [
        ...(failed === null ? [] : [`${failed.version} failed: ${failed.why}\n`]),
        ...(found === null || found.committed === null
          ? []
          : [`${found.committed} is good: the loader has committed it\n`]),
        found === null ? 'The store knows of no loader: nothing to do\n' : renderLoaderState(found.state),
      ];
      printResult(console, args, { document, text: lines.join('') });
      sayNotes(console, found?.notes ?? []);
      finish(exitCodes.done);
    },
  };
}
