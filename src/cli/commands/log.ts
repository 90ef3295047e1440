import type { Argv } from 'yargs';
import { placeOfStore } from '../../flows/place-of-store.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { logDocument, renderLog } from '../render-log.ts';
import { printResult, storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('id', { type: 'string', describe: 'only this version, with its decisions' })
    .options({
      path: { type: 'string', requiresArg: true, describe: 'only what was decided at this path and below it' },
      verbose: { type: 'boolean', default: false, describe: 'every path, with the rules in full' },
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 log', 'how each version came to be what it is, newest first')
    .example('$0 log trixie.2', 'and all that its migration decided')
    .example('$0 log --path /etc/ssh', 'what all migrations decided about a file, or all in a directory')
    .epilogue('Exit codes: 0 all there is; 1 a record cannot be read, which is named.');
}

/** `migrate log`: what every migration decided and did. */
export function logCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { system, console, finish } = context;
      const place = await placeOfStore(system, storeRequest(context, args, 'log'));
      const { migrationLog } = await import('../../flows/migration-log.ts');
      const log = migrationLog(place, { id: args.id ?? null, path: args.path ?? null });
      const show = { decisions: args.id !== undefined || args.path !== undefined, path: args.path ?? null };
      printResult(console, args, {
        document: logDocument(log, show),
        text: renderLog(log, console, { ...show, verbose: args.verbose }),
      });
      for (const problem of log.problems) console.err(`migrate: ${problem}\n`);
      finish(log.problems.length === 0 ? exitCodes.done : exitCodes.failed);
    },
  };
}
