import type { Argv } from 'yargs';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { countOf } from '../../quantities.ts';
import { objectDiffDocument, renderObjectDiff } from '../../render-object-diff.ts';
import { progressLine } from '../../show-progress.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('from', { type: 'string', demandOption: true, describe: 'the branch or tag to begin with' })
    .positional('to', { type: 'string', demandOption: true, describe: 'the one that is compared with it' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 volume diff monday@db db/main', 'what was changed since the tag');
}

/** `migrate volume diff`: in what one branch or tag differs from another. */
export function diffCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const store = storeRequest(context, args, 'volume diff');
      const { diffObjects } = await import('../../../flows/volumes/diff-objects.ts');
      const { onProgress, clear } = progressLine(console);
      const diff = await diffObjects(system, { ...store, from: args.from, to: args.to, onProgress });
      clear();
      printResult(console, args, { document: objectDiffDocument(diff), text: renderObjectDiff(diff, console) });
      const { length } = diff.unreadable;
      if (length > 0) console.err(`migrate: Cannot tell all changes: ${countOf(length, 'path')} could not be read\n`);
      finish(length === 0 ? exitCodes.done : exitCodes.failed);
    },
  };
}
