import type { Argv } from 'yargs';
import { Failure } from '../../domain/failure.ts';
import { isInitramfs } from '../../domain/initramfs.ts';
import { previewAtBoot } from '../../flows/preview-at-boot.ts';
import { type Preview, previewMigration } from '../../flows/preview-migration.ts';
import type { OnProgress } from '../../flows/progress.ts';
import { storedPlan } from '../../flows/running-system.ts';
import type { CommandBody } from '../command-row.ts';
import type { Context } from '../context.ts';
import { baseOf, jsonOption, policyFilesOf, policyOption, requireRoot, verboseOptions } from '../options.ts';
import { showPreview } from '../show-preview.ts';
import { progressLine } from '../show-progress.ts';

function options(yargs: Argv) {
  return yargs
    .option('dry-run', {
      type: 'boolean',
      default: false,
      describe: 'show what the migration of this boot, or of the roots named, would do',
    })
    .option('new', {
      type: 'string',
      requiresArg: true,
      describe: 'the new image as delivered; not needed in the initramfs',
    })
    .option('old', { type: 'string', requiresArg: true, default: '/', describe: 'the old system' })
    .option('base', {
      type: 'string',
      requiresArg: true,
      describe: 'the old image as delivered, or none; needed with --new',
    })
    .options({ ...policyOption, ...jsonOption, ...verboseOptions })
    .example('$0 --dry-run', 'what this boot will do, or the plan that was carried out')
    .example('$0 --dry-run --base /mnt/image-1 --new /mnt/image-2', 'what an update of this machine would do')
    .example('$0 init --image image-1.tar.zst', 'once: put this machine into a store')
    .example('$0 stage image-2.tar.zst', 'have the next boot migrate to a new image')
    .example('$0 rollback', 'have the next boot start the version before');
}

type Arguments = Awaited<ReturnType<typeof options>['argv']>;

/** `migrate --dry-run`: the plan, wherever the operator is; changes nothing. */
export function dryRunCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Arguments;
      if (!args.dryRun) throw usage('Cannot tell what to do: there is no command', 'See migrate --help');
      requireRoot(context.system, '--dry-run');
      const progress = progressLine(context.console);
      const preview = await previewOf(context, args, progress.onProgress);
      progress.clear();
      showPreview(preview, args, context);
    },
  };
}

async function previewOf(context: Context, args: Arguments, onProgress: OnProgress): Promise<Preview> {
  const { system, changeSources } = context;
  const diffs = args.verbose && !args.json;
  if (args.new !== undefined) {
    if (args.base === undefined)
      throw usage(
        'Cannot plan: --new is there, but not --base',
        'Name the old image as delivered with --base DIR, or --base none',
      );
    const { base, old } = args;
    return previewMigration(system, {
      base: baseOf(base),
      old,
      new: args.new,
      policyFiles: policyFilesOf(system, args.policy),
      choices: null,
      changeSources,
      onProgress,
      diffs,
    });
  }
  if (isInitramfs(system)) return await previewAtBoot(system, context, { diffs, onProgress });
  const plan = storedPlan(system);
  if (plan !== null) return { plan, diffs: [], applied: true };
  throw usage(
    'Cannot plan: no new root is named, and this system was not made by a migration',
    'Name the new image with --new DIR and the old one with --base DIR',
  );
}

function usage(message: string, advice: string): Failure {
  return new Failure({ code: 'usage', kind: 'input', message, advice });
}
