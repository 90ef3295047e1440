import type { Argv } from 'yargs';
import { displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { versionDocument } from '../../domain/version-json.ts';
import { placeOfStore, type ReachedStore } from '../../flows/place-of-store.ts';
import type { DataAnswers } from '../../flows/staging/answer-turned-data.ts';
import type { SwitchRequest } from '../../flows/staging/ends-of-switch.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { dataAnswersOf, renderUndecided } from '../data-answers.ts';
import { jsonOption, storeOption } from '../options.ts';
import { sayNotes } from '../render-loader.ts';
import { progressLine } from '../show-progress.ts';
import { printResult, storeRequest } from '../store-request.ts';
import { nextStart, renderStaged, stagedDocument } from './stage.ts';

type Direction = SwitchRequest['direction'];

function optionsOf(direction: Direction) {
  return (yargs: Argv) =>
    yargs
      .positional('id', { type: 'string', describe: 'the version; else the nearest that was good' })
      .options({
        ...storeOption,
        carry: {
          type: 'boolean',
          default: false,
          describe: 'take along what was changed since the commit of the version that is left',
        },
        from: { type: 'string', requiresArg: true, describe: 'the version that is left; else the one that runs' },
        data: {
          type: 'string',
          array: true,
          requiresArg: true,
          describe:
            'of data that would be turned back: follow, take it as the version left it; keep, use what is in use now; of one place: /home=keep; may be given again',
        },
        verbose: { type: 'boolean', default: false, describe: 'with --carry: every path of the plan' },
        ...jsonOption,
      })
      .example(`$0 ${direction}`, 'the nearest, as it was left')
      .example(`$0 ${direction} --data keep --data /srv=follow`, 'with the data in use now, but for what is in /srv')
      .example(`$0 ${direction} trixie.2 --carry`, 'a new version of it, with the changes made here since')
      .epilogue(
        'Exit codes: 0 done; 3 nothing is changed: data would be turned back, and --data says what becomes of it.',
      );
}

/** `migrate rollback`. */
export function rollbackCommand(context: Context): CommandBody {
  return switchCommand(context, 'rollback');
}

/** `migrate forward`. */
export function forwardCommand(context: Context): CommandBody {
  return switchCommand(context, 'forward');
}

function switchCommand(context: Context, direction: Direction): CommandBody {
  const builder = optionsOf(direction);
  return {
    builder,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof builder>['argv']>;
      const { system, loaderKinds } = context;
      if (args.carry && args.data !== undefined) throw noDataToTurn();
      const answers = dataAnswersOf(args.data);
      const place = await placeOfStore(system, storeRequest(context, args, direction));
      const { requireSafeSwitch } = await import('../../flows/loader/arm-loader.ts');
      const ends = { direction, to: args.id ?? null, from: args.from ?? null };
      await requireSafeSwitch(place, loaderKinds, ends);
      await (args.carry
        ? carry(context, place, ends, args)
        : switchAsItWas(context, place, ends, { ...args, answers }));
    },
  };
}

type Output = { readonly json: boolean; readonly verbose: boolean };

async function carry(context: Context, place: ReachedStore, ends: SwitchRequest, output: Output): Promise<void> {
  const { console, changeSources, loaderKinds, finish } = context;
  const { carryToVersion } = await import('../../flows/staging/carry-to-version.ts');
  const { armStaged } = await import('../../flows/loader/arm-loader.ts');
  const progress = progressLine(console);
  const staged = carryToVersion(place, ends, { choices: null, changeSources, onProgress: progress.onProgress });
  progress.clear();
  const loader = await armStaged(place, loaderKinds, staged.version);
  const text = renderStaged(staged, context, { ...output, loader });
  printResult(console, output, { document: stagedDocument(staged), text });
  sayNotes(console, [...staged.notes, ...(loader?.notes ?? [])]);
  finish(staged.waiting.length > 0 ? exitCodes.waiting : exitCodes.done);
}

/** Goes to a version as it was left, and tells what comes of it. */
export async function switchAsItWas(
  context: Context,
  place: ReachedStore,
  ends: SwitchRequest,
  output: Output & { readonly answers: DataAnswers },
): Promise<void> {
  const { console, loaderKinds, finish } = context;
  const { switchVersion } = await import('../../flows/staging/switch-version.ts');
  const { armLoader } = await import('../../flows/loader/arm-loader.ts');
  const progress = progressLine(console);
  const switched = switchVersion(place, { ...ends, ...output.answers, onProgress: progress.onProgress });
  progress.clear();
  const { version, from } = switched;
  const document = { schema: 'migrate.switched/1', version: versionDocument(version), from: from.id };
  if (switched.status === 'waiting') {
    const waiting = switched.items.map(({ kind, subject, title, detail, facts, resolutions }) => {
      const answers = resolutions.map(({ id }) => id);
      return { key: `${kind}:${displayBytes(subject)}`, title, detail, facts, answers };
    });
    const text = renderUndecided(switched, ends.direction, output.answers);
    printResult(console, output, { document: { ...document, status: 'waiting', waiting }, text });
    finish(exitCodes.waiting);
    return;
  }
  const { dropped } = switched;
  const loader = await armLoader(place, loaderKinds);
  const instead = dropped.length === 0 ? '' : `, and does not make ${dropped.join(', ')}`;
  printResult(console, output, {
    document: { ...document, status: 'switched', dropped },
    text: `${version.id} is on trial: the next boot starts it as it was left${instead}; ${nextStart(loader)}\n`,
  });
  sayNotes(console, loader?.notes ?? []);
  finish(exitCodes.done);
}

/** A version that carries what was changed goes on with the data of the one that is left. */
function noDataToTurn(): Failure {
  return new Failure({
    code: 'usage',
    kind: 'input',
    message: 'Cannot tell what is meant: with --carry the data in use is taken along, and --data says something else',
    advice: 'Give one of them',
  });
}
