import type { Argv } from 'yargs';
import { textOrBytes } from '../../domain/bytes.ts';
import { parseChoices } from '../../domain/choices.ts';
import { hasNoWayOn, type Item, waitsForChoice } from '../../domain/item.ts';
import { planToValue } from '../../domain/plan-json.ts';
import { versionDocument } from '../../domain/version-json.ts';
import type { LoaderUpdate } from '../../flows/loader/update-loader.ts';
import { placeOfStore } from '../../flows/place-of-store.ts';
import type { Staged } from '../../flows/staging/stage-version.ts';
import type { System } from '../../system/system.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { importOptions, importSource } from '../import-source.ts';
import { jsonOption, storeOption } from '../options.ts';
import { countOf } from '../quantities.ts';
import { sayNotes } from '../render-loader.ts';
import { renderPlan } from '../render-plan.ts';
import { progressLine } from '../show-progress.ts';
import { storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('source', { type: 'string', demandOption: true, describe: 'an image, or the name of one in the store' })
    .options({
      ...storeOption,
      ...importOptions,
      parent: { type: 'string', requiresArg: true, describe: 'whose state it takes over; else the version that runs' },
      arm: { type: 'boolean', default: true, describe: 'have the next boot make it' },
      'no-arm': { type: 'boolean', default: false, describe: 'only stage it, and say what its migration would do' },
      force: { type: 'boolean', default: false, describe: 'try an image again of which a version has failed' },
      choices: { type: 'string', requiresArg: true, describe: 'a file with answers to items (migrate.choices/1)' },
      verbose: { type: 'boolean', default: false, describe: 'every path of the plan' },
      ...jsonOption,
    })
    .hide('arm')
    .example('$0 stage image-42.tar.zst', 'unpack and verify it, predict the migration, and have the next boot do it')
    .example('$0 stage docker://registry.example.org/os:42 --no-arm', 'the same, and the next boot is as it was')
    .epilogue(
      'Sources: tar (plain, gzip, xz, zstd), squashfs and erofs files, directories, OCI layouts and docker:// references.\n' +
        'Exit codes: 0 staged; 3 staged, and not armed: items wait for a choice, which --choices answers, or something has to be put right first.',
    );
}

/** `migrate stage`: an image becomes a version that the next boot makes. */
export function stageCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { system, console, changeSources, loaderKinds, finish } = context;
      const place = await placeOfStore(system, storeRequest(context, args, 'stage'));
      const { parent = null } = args;
      // What can be wrong is told before the minutes that an image takes.
      const choices = choicesOf(system, args.choices);
      const { requireStageable } = await import('../../flows/staging/require-stageable.ts');
      requireStageable(place, parent);
      const { armStaged, requireSafeLoader } = await import('../../flows/loader/arm-loader.ts');
      if (!args['no-arm']) await requireSafeLoader(place, loaderKinds);
      const image = await importSource(context, place, args);
      const { stageVersion } = await import('../../flows/staging/stage-version.ts');
      const progress = progressLine(console);
      const staged = stageVersion(place, {
        image,
        ...{ parent, since: 'image', arm: !args['no-arm'], force: args.force, reset: null, changeSources, choices },
        onProgress: progress.onProgress,
      });
      progress.clear();
      const loader = await armStaged(place, loaderKinds, staged.version);
      console.out(
        args.json ? `${JSON.stringify(stagedDocument(staged))}\n` : renderStaged(staged, context, { ...args, loader }),
      );
      sayNotes(console, loader?.notes ?? []);
      finish(staged.waiting.length > 0 ? exitCodes.waiting : exitCodes.done);
    },
  };
}

function choicesOf(system: System, file: string | undefined) {
  return file === undefined ? null : parseChoices(textOrBytes(system.readFile(file)), file);
}

/** A staged version with its plan, as one document. */
export function stagedDocument({ version, plan, waiting, replaced }: Staged): object {
  return {
    schema: 'migrate.staged/1',
    version: versionDocument(version),
    replaced,
    waiting: waiting.map(({ key }) => key),
    plan: planToValue(plan),
  };
}

/** The plan, and what the next boot does. */
export function renderStaged(
  { version, plan, waiting, replaced }: Staged,
  { console }: Context,
  { verbose, loader }: { readonly verbose: boolean; readonly loader: LoaderUpdate | null },
): string {
  const dropped = replaced.length === 0 ? '' : ` in place of ${replaced.join(', ')}, which no boot has made`;
  const byDefault = plan.items.filter((item) => waitsForChoice(item) && !hasNoWayOn(item)).length;
  const lines = [
    `${version.id} is ${version.state}${dropped}: made from ${version.image}, with the state of ${version.parent}`,
    ...(version.state === 'armed' ? [`The next boot makes it; ${nextStart(loader)}`] : []),
    ...(byDefault === 0
      ? []
      : [`${countOf(byDefault, 'item')} without an answer: the boot takes the default, marked by *`]),
    ...notArmed(waiting),
  ];
  return `${renderPlan(plan, console, { verbose, applied: false })}\n${lines.join('\n')}\n`;
}

function notArmed(waiting: readonly Item[]): string[] {
  const choosable = waiting.filter(({ resolutions }) => resolutions.length > 0).length;
  const wrong = waiting.length - choosable;
  const why = [
    ...(choosable === 0 ? [] : [`${choosable} ${choosable === 1 ? 'item waits' : 'items wait'} for a choice`]),
    ...(wrong === 0 ? [] : [`${countOf(wrong, 'error')} ${wrong === 1 ? 'has' : 'have'} to be put right first`]),
  ];
  return why.length === 0 ? [] : [`Not armed: ${why.join(', and ')}`];
}

/** Who starts the version that is armed. */
export function nextStart(loader: LoaderUpdate | null): string {
  const trial = loader?.state.trial ?? null;
  if (trial === null) return 'migrate entry prints what a boot loader needs';
  return `the loader starts it up to ${trial.tries} times, then goes back to ${loader?.state.good}`;
}
