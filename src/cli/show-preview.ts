import { waitsForChoice } from '../domain/item.ts';
import { planToJson } from '../domain/plan-json.ts';
import type { Preview } from '../flows/preview-migration.ts';
import { exitCodes } from './console.ts';
import type { Context } from './context.ts';
import { renderDiffs } from './render-diffs.ts';
import { renderPlan } from './render-plan.ts';

/** The options of `jsonOption` and `verboseOptions`. */
type Shown = { readonly json: boolean; readonly verbose: boolean; readonly private: boolean };

/** Prints a plan and sets the exit code: once it has been applied, nothing waits any more. */
export function showPreview({ plan, diffs, applied }: Preview, args: Shown, { console, finish }: Context): void {
  console.out(args.json ? `${planToJson(plan)}\n` : renderPlan(plan, console, { verbose: args.verbose, applied }));
  if (args.verbose && !args.json) console.out(renderDiffs(diffs, console, args.private));
  finish(!applied && plan.items.some(waitsForChoice) ? exitCodes.waiting : exitCodes.done);
}
