import type { Argv } from 'yargs';
import { planToValue } from '../../domain/plan-json.ts';
import { type Applied, applyMigration } from '../../flows/apply-migration.ts';
import { withTrees } from '../../flows/plan-migration.ts';
import type { CommandBody } from '../command-row.ts';
import { type Console, exitCodes, paint } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, policyOption, requestOf, requireRoot, resetOptions, treeOptions } from '../options.ts';
import { countOf } from '../quantities.ts';
import { renderPlan } from '../render-plan.ts';
import { progressLine } from '../show-progress.ts';

function options(yargs: Argv) {
  return yargs
    .options({ ...treeOptions, ...policyOption, ...resetOptions, ...jsonOption })
    .option('unattended', {
      type: 'boolean',
      default: false,
      describe: 'where an item has no choice, take its default, which loses nothing',
    })
    .option('choices', {
      type: 'string',
      requiresArg: true,
      describe: 'a file with answers to items (migrate.choices/1)',
    })
    .example('$0 apply --base /mnt/image-1 --old /mnt/old --new /mnt/new --unattended', '')
    .epilogue(
      'Interrupted and run again it goes on where it was, or starts over; run again when it is\ndone it changes nothing.\n' +
        'Exit codes: 0 done; 3 nothing was changed: items wait for a choice, which --choices answers.',
    );
}

/** `migrate apply`: makes the new image's tree into the result. */
export function applyCommand({ system, console, changeSources, finish }: Context): CommandBody {
  return {
    builder: options,
    handler: (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      requireRoot(system, 'apply');
      const progress = progressLine(console);
      const { onProgress } = progress;
      const request = { ...requestOf(system, args), changeSources, unattended: args.unattended, onProgress };
      const applied = withTrees(system, request, (trees) => applyMigration(system, trees, request));
      progress.clear();
      if (args.json) console.out(`${JSON.stringify(documentOf(applied))}\n`);
      else showApplied(applied, console);
      finish(applied.status === 'waiting' ? exitCodes.waiting : exitCodes.done);
    },
  };
}

/** The plan, as `migrate plan --json` prints it, with how applying it ended. */
function documentOf(applied: Applied): object {
  const { plan, status } = applied;
  const outcome = applied.status === 'waiting' ? {} : { outcome: applied.outcome };
  return { ...(planToValue(plan) as object), status, ...outcome };
}

function showApplied(applied: Applied, console: Console): void {
  if (applied.status === 'waiting') {
    console.out(renderPlan(applied.plan, console, { verbose: false }));
    const count = applied.items.length;
    console.err(
      `migrate: Nothing was changed: ${countOf(count, 'item')} ${count === 1 ? 'waits' : 'wait'} for a choice\n`,
    );
    console.err('  Answer with --choices FILE, or take what has a default with --unattended\n');
    return;
  }
  const { outcome, plan } = applied;
  if (applied.status === 'already-done') {
    console.out(`Already done: run ${outcome.run.slice(0, 16)} has committed; nothing was changed\n`);
    return;
  }
  console.out(renderPlan(plan, console, { verbose: false, applied: true }));
  for (const { key, resolution } of outcome.defaults) console.out(`Default taken: ${key}: ${resolution}\n`);
  for (const note of outcome.notes) console.out(`${paint(console, 'yellow', 'Note')}: ${note}\n`);
  console.out(paint(console, 'green', 'Done and verified\n'));
}
