import type { Argv, CommandModule } from 'yargs';
import { hasNoWayOn, waitsForChoice } from '../../domain/item.ts';
import { planToJson } from '../../domain/plan-json.ts';
import { previewMigration } from '../../flows/preview-migration.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, policyOption, requestOf, requireRoot, treeOptions, verboseOptions } from '../options.ts';
import { renderDiffs } from '../render-diffs.ts';
import { renderPlan } from '../render-plan.ts';
import { progressLine } from '../show-progress.ts';

function options(yargs: Argv) {
  return yargs
    .options({ ...treeOptions, ...policyOption, ...jsonOption, ...verboseOptions })
    .option('choices', { type: 'string', requiresArg: true, describe: 'answers to items (migrate.choices/1)' })
    .example('$0 plan --base /mnt/image-1 --old / --new /mnt/image-2', '');
}

/** `migrate plan`: shows what apply would do, and changes nothing. */
export function planCommand({ system, console, finish }: Context): CommandModule<object, object> {
  return {
    command: 'plan',
    describe: 'show what would be carried over, and why; changes nothing',
    builder: options,
    handler: (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      requireRoot(system, 'plan');
      const progress = progressLine(console);
      const { plan, diffs, applied } = previewMigration(system, {
        ...requestOf(system, args),
        onProgress: progress.onProgress,
        diffs: args.verbose && !args.json,
      });
      progress.clear();
      console.out(args.json ? `${planToJson(plan)}\n` : renderPlan(plan, console, { ...args, applied }));
      if (!args.json && args.verbose) console.out(renderDiffs(diffs, console, args.private));
      finish(plan.items.some((item) => waitsForChoice(item) || hasNoWayOn(item)) ? exitCodes.waiting : exitCodes.done);
    },
  };
}
