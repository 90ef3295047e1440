import type { Argv } from 'yargs';
import type { Reconciled } from '../../../flows/loader/reconcile.ts';
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
      'if-set': { type: 'boolean', default: false, describe: 'do nothing where there is no store' },
      ...jsonOption,
    })
    .example('$0 loader reconcile --if-set', 'what migrate-loader.service runs at every boot');
}

/** `migrate loader reconcile`: the loader decides what boots; the store follows. */
export function reconcileCommand(context: Context): CommandBody {
  const { system, console, loaderKinds, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const request = storeRequest(context, args, 'loader reconcile');
      const { storeIfThere } = await import('../../../flows/loader/store-if-there.ts');
      const place = await (args['if-set'] ? storeIfThere : placeOfStore)(system, request);
      const { reconcileAndTell } = await import('../../../flows/health/reconcile-and-tell.ts');
      const found =
        place === null ? null : await reconcileAndTell(place, loaderKinds, (note) => sayNotes(console, [note]));
      const document = {
        schema: 'migrate.reconciled/1',
        ...(found ?? { state: null, failed: null, committed: null, uncounted: null, notes: [] }),
      };
      printResult(console, args, { document, text: rendered(found) });
      sayNotes(console, found?.notes ?? []);
      finish(exitCodes.done);
    },
  };
}

function rendered(found: Reconciled | null): string {
  if (found === null) return 'No loader is known: nothing to do\n';
  const { state, failed, committed, uncounted } = found;
  return [
    ...(failed === null ? [] : [`${failed.version} failed: ${failed.why}\n`]),
    ...(committed === null ? [] : [`${committed} is good: the loader has committed it\n`]),
    ...(uncounted === null ? [] : [`On trial, not counted: ${uncounted}\n`]),
    renderLoaderState(state),
  ].join('');
}
