import type { Argv } from 'yargs';
import { bytesOfText } from '../../domain/bytes.ts';
import { planToValue } from '../../domain/plan-json.ts';
import { type Reset, type ResetMode, resetModes } from '../../domain/reset.ts';
import type { Loss } from '../../domain/reset-states.ts';
import { versionDocument } from '../../domain/version-json.ts';
import { placeOfStore, type ReachedStore } from '../../flows/place-of-store.ts';
import type { ResetRequest } from '../../flows/reset/stage-reset.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { sayNotes } from '../render-loader.ts';
import { renderPlan } from '../render-plan.ts';
import { isConfirmed, renderLosses, unknownLoader } from '../render-reset.ts';
import { wantedReset } from '../reset-usage.ts';
import { progressLine } from '../show-progress.ts';
import { printResult, storeRequest } from '../store-request.ts';
import { switchAsItWas } from './rollback.ts';
import { renderStaged, stagedDocument } from './stage.ts';

function options(yargs: Argv) {
  return yargs
    .positional('mode', { choices: resetModes, describe: 'what goes back to the image; see below' })
    .options({
      keep: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'a class, such as identity, or a pattern, such as /etc/ssh/**, to keep all the same; may be given again',
      },
      from: { type: 'string', requiresArg: true, describe: 'the version that is reset; else the one that runs' },
      to: {
        type: 'string',
        requiresArg: true,
        describe: 'the image to go back to; else that of the version that runs',
      },
      preview: { type: 'boolean', default: false, describe: 'show what would stay and what would go; changes nothing' },
      cancel: { type: 'boolean', default: false, describe: 'take back a reset that no boot has made yet' },
      undo: { type: 'boolean', default: false, describe: 'go back to what was before the reset that runs' },
      yes: { type: 'boolean', default: false, describe: 'do not ask' },
      ...storeOption,
      verbose: { type: 'boolean', default: false, describe: 'every path of the plan' },
      ...jsonOption,
    })
    .example(
      '$0 reset config --keep network --preview',
      'what would become of the settings, all but those of the network',
    )
    .example(
      '$0 reset system --keep identity --keep accounts',
      'all of the image but data, who the machine is and its users',
    )
    .example('$0 reset --cancel', 'the next boot is as it was')
    .epilogue(
      'config: /etc and volumes of class config. system: the rest of the root and volumes of class state as well. Both keep\n' +
        'data, and what there is now stays as a version, which --undo goes back to. total: everything; whatever is not of the\n' +
        'image is destroyed, and there is no way back.\n' +
        'Exit codes: 0 the next boot does it; 1 not wanted after all; 3 staged, and not armed: items wait for a choice.',
    );
}

type Arguments = Awaited<ReturnType<typeof options>['argv']>;

/** `migrate reset`: the machine goes back to an image. */
export function resetCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Arguments;
      const wanted = wantedReset(args);
      const place = await placeOfStore(context.system, storeRequest(context, args, 'reset'));
      if (wanted === 'cancel') await cancel(context, place, args);
      else if (wanted === 'undo') await undo(context, place, args);
      else await (args.preview ? preview : reset)(context, place, args, wanted);
    },
  };
}

async function preview(context: Context, place: ReachedStore, args: Arguments, mode: ResetMode): Promise<void> {
  const { console, finish } = context;
  const { previewReset } = await import('../../flows/reset/stage-reset.ts');
  const progress = progressLine(console);
  const request = requestOf(context, args, mode, progress);
  const { version, plan } = previewReset(place, request);
  const losses = await lossesOf(place, request.reset);
  progress.clear();
  const { image, parent } = version;
  const told = { image, parent, reset: { mode, keep: args.keep ?? [] }, losses };
  printResult(console, args, {
    document: { schema: 'migrate.reset-preview/1', ...told, plan: planToValue(plan) },
    text: `${renderPlan(plan, console, { verbose: args.verbose })}\n${renderLosses(mode, losses)}Nothing is changed\n`,
  });
  finish(exitCodes.done);
}

async function reset(context: Context, place: ReachedStore, args: Arguments, mode: ResetMode): Promise<void> {
  const { console, loaderKinds, finish } = context;
  // What can be wrong is told before anybody is asked.
  const { requireStageable } = await import('../../flows/staging/require-stageable.ts');
  requireStageable(place, args.from ?? null, '--from');
  const { requireSafeReset } = await import('../../flows/loader/arm-loader.ts');
  await requireSafeReset(place, loaderKinds);
  const losses = await lossesOf(place, { mode });
  const { loaderOf } = await import('../../flows/loader/with-loader.ts');
  if (mode === 'total' && (await loaderOf(place, loaderKinds)) === null) console.err(`${unknownLoader}\n`);
  if (!args.yes && !isConfirmed(console, mode, losses)) {
    console.err('Nothing is changed\n');
    finish(exitCodes.failed);
    return;
  }
  const { armReset } = await import('../../flows/reset/arm-reset.ts');
  const progress = progressLine(console);
  const armed = await armReset(place, loaderKinds, requestOf(context, args, mode, progress), {
    losses,
    isConfirmed: false,
  });
  progress.clear();
  const { staged, loader } = armed;
  printResult(console, args, {
    document: { ...stagedDocument(staged), losses },
    text: `${renderStaged(staged, context, { verbose: args.verbose, loader })}${renderLosses(mode, losses)}`,
  });
  sayNotes(console, loader?.notes ?? []);
  finish(staged.waiting.length > 0 ? exitCodes.waiting : exitCodes.done);
}

function requestOf(
  { changeSources }: Context,
  { keep = [], to, from }: Arguments,
  mode: ResetMode,
  { onProgress }: Pick<ResetRequest, 'onProgress'>,
): ResetRequest {
  const wanted: Reset = { mode, keep: keep.map(bytesOfText) };
  return {
    reset: wanted,
    image: to ?? null,
    parent: from ?? null,
    choices: null,
    arm: true,
    changeSources,
    onProgress,
  };
}

async function lossesOf(place: ReachedStore, wanted: Pick<Reset, 'mode'>): Promise<readonly Loss[]> {
  const losses = await import('../../flows/reset/losses.ts');
  return losses.lossesOf(place, wanted);
}

const damagedDropped = 'A damaged record of a total reset was dropped\n';

async function cancel({ console, loaderKinds, finish }: Context, place: ReachedStore, args: Arguments): Promise<void> {
  const { cancelReset } = await import('../../flows/reset/cancel-reset.ts');
  const { version, droppedDamaged } = cancelReset(place);
  const { refreshLoader } = await import('../../flows/loader/arm-loader.ts');
  const loader = await refreshLoader(place, loaderKinds);
  printResult(console, args, {
    document: {
      schema: 'migrate.reset-cancelled/1',
      version: version === null ? null : versionDocument(version),
      droppedDamaged,
    },
    text: `${droppedDamaged ? damagedDropped : ''}${version === null ? '' : `${version.id} is taken back: no boot makes it\n`}`,
  });
  sayNotes(console, loader?.notes ?? []);
  finish(exitCodes.done);
}

async function undo(context: Context, place: ReachedStore, { json, verbose, from }: Arguments): Promise<void> {
  const { undoOfReset } = await import('../../flows/reset/undo-reset.ts');
  const ends = undoOfReset(place, from ?? null);
  const { requireSafeSwitch } = await import('../../flows/loader/arm-loader.ts');
  await requireSafeSwitch(place, context.loaderKinds, ends);
  await switchAsItWas(context, place, ends, { json, verbose, answers: { data: null } });
}
