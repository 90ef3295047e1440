import type { Argv } from 'yargs';
import { Failure } from '../../domain/failure.ts';
import { placeOfStore } from '../../flows/place-of-store.ts';
import { type CheckArguments, checkOptions, checkSettingsOf } from '../check-options.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { checkedGoodDocument, goodDocument, renderCheckedGood, renderGood } from '../render-good.ts';
import { renderCheckResult } from '../render-health.ts';
import { sayNotes } from '../render-loader.ts';
import { printResult, storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('id', { type: 'string', describe: 'the version; else the one that runs' })
    .options({
      checked: {
        type: 'boolean',
        default: false,
        describe: 'where the version that runs is on trial, run the checks; mark it good if no required one fails',
      },
      ...checkOptions,
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 mark-good', 'the version that runs has proven itself; the one before is retired')
    .example('$0 mark-good --checked --soak 30', 'what migrate-good.service does after a boot on trial')
    .epilogue('Exit codes: 0 it is good; 4 with --checked: a required check failed.');
}

/** `migrate mark-good`: ends the trial of a version. */
export function markGoodCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      refuseMixture(args);
      if (args.checked) return markChecked(context, args);
      const { system, console, loaderKinds, finish } = context;
      const place = await placeOfStore(system, storeRequest(context, args, 'mark-good'));
      const { commitVersion } = await import('../../flows/loader/commit-version.ts');
      const { notes, ...marked } = await commitVersion(place, loaderKinds, args.id ?? null);
      finish(exitCodes.done);
      printResult(console, args, { document: goodDocument(marked), text: renderGood(marked) });
      sayNotes(console, notes);
    },
  };
}

type Arguments = CheckArguments & {
  readonly store?: string | undefined;
  readonly json: boolean;
};

/** Checks tell of the system that runs, and of no other. */
function refuseMixture({
  id,
  checked,
  limit,
  soak,
}: CheckArguments & { readonly id?: string | undefined; readonly checked: boolean }): void {
  const [option] = [limit === undefined ? [] : ['--limit'], soak === undefined ? [] : ['--soak']].flat();
  if (checked ? id === undefined : option === undefined) return;
  throw new Failure({
    code: 'usage',
    kind: 'input',
    message: checked
      ? 'Cannot check a version that is named: --checked is about the one that runs'
      : `Cannot tell what ${option} is for: without --checked no checks are run`,
    advice: 'See migrate mark-good --help',
  });
}

async function markChecked(context: Context, args: Arguments): Promise<void> {
  const { system, console, loaderKinds, finish } = context;
  const settings = checkSettingsOf(args);
  const { markGoodChecked } = await import('../../flows/health/mark-good-checked.ts');
  const request = storeRequest(context, args, 'mark-good');
  const result = await system.interruptible((signal) =>
    markGoodChecked(system, request, {
      ...settings,
      ...{ root: '/', run: '/run', loaders: loaderKinds, signal },
      onResult: (check) => {
        if (!args.json) console.out(renderCheckResult(check, console));
      },
    }),
  );
  finish(result.kind === 'not-healthy' ? exitCodes.unhealthy : exitCodes.done);
  printResult(console, args, {
    document: checkedGoodDocument(result),
    text: renderCheckedGood(result, console),
  });
  if (result.kind !== 'not-on-trial') sayNotes(console, result.notes);
}
