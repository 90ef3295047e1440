import type { Argv } from 'yargs';
import { previewMigration } from '../../flows/preview-migration.ts';
import type { CommandBody } from '../command-row.ts';
import type { Context } from '../context.ts';
import {
  jsonOption,
  policyOption,
  requestOf,
  requireRoot,
  resetOptions,
  treeOptions,
  verboseOptions,
} from '../options.ts';
import { showPreview } from '../show-preview.ts';
import { progressLine } from '../show-progress.ts';

function options(yargs: Argv) {
  return yargs
    .options({ ...treeOptions, ...policyOption, ...resetOptions, ...jsonOption, ...verboseOptions })
    .option('choices', {
      type: 'string',
      requiresArg: true,
      describe: 'a file with answers to items (migrate.choices/1)',
    })
    .example('$0 plan --base /mnt/image-1 --old / --new /mnt/image-2', '')
    .example(
      '$0 plan --base /mnt/image --old / --new /mnt/copy --reset config --keep identity',
      'what a reset would keep',
    );
}

/** `migrate plan`: shows what apply would do, and changes nothing. */
export function planCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { system, console, changeSources } = context;
      requireRoot(system, 'plan');
      const progress = progressLine(console);
      const preview = previewMigration(system, {
        ...requestOf(system, args),
        changeSources,
        onProgress: progress.onProgress,
        diffs: args.verbose && !args.json,
      });
      progress.clear();
      showPreview(preview, args, context);
    },
  };
}
