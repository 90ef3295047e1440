import type { Argv } from 'yargs';
import { placeOfStore } from '../../flows/place-of-store.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { printResult, storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('id', { type: 'string', describe: 'the version; else the one that runs' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 mark-good', 'the version that runs has proven itself; the one before is retired');
}

/** `migrate mark-good`: ends the trial of a version. */
export function markGoodCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { system, console, finish } = context;
      const place = await placeOfStore(system, storeRequest(context, args, 'mark-good'));
      const { markGood } = await import('../../flows/staging/mark-good.ts');
      const { version, retired, changed } = markGood(place, args.id ?? null);
      const others =
        retired.length === 0 ? '' : `; ${retired.join(', ')} ${retired.length === 1 ? 'is' : 'are'} retired`;
      printResult(console, args, {
        document: { schema: 'migrate.good/1', version: version.id, retired, changed },
        text: `${version.id} ${changed ? 'is now' : 'was already'} good${others}\n`,
      });
      finish(exitCodes.done);
    },
  };
}
