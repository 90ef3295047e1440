import type { Argv } from 'yargs';
import { type CheckResult, healthDocument } from '../../domain/health.ts';
import { findChecks, placesOfChecks } from '../../flows/health/find-checks.ts';
import { keepFailedBoot } from '../../flows/health/mark-good-checked.ts';
import { runChecks } from '../../flows/health/run-checks.ts';
import { checkOptions, checkSettingsOf } from '../check-options.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, requireRoot, storeOption } from '../options.ts';
import { renderCheckResult, renderHealth } from '../render-health.ts';
import { storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .options({
      ...checkOptions,
      save: {
        type: 'boolean',
        default: false,
        describe: 'where one fails, keep what failed, and the journal, in the store',
      },
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 check', 'what the machine would have to pass after an update')
    .example('$0 check --soak 30', 'the required checks once more half a minute later')
    .epilogue('Exit codes: 0 no required check failed; 4 one did.');
}

/** `migrate check`: runs the health checks, and changes nothing but, where that is asked for, the store's logs. */
export function checkCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const { system, console, finish } = context;
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      requireRoot(system, 'check');
      const settings = checkSettingsOf(args);
      const found = findChecks(system, '/');
      const onResult = (result: CheckResult): void => {
        if (!args.json) console.out(renderCheckResult(result, console));
      };
      const store = args.save ? storeRequest(context, args, 'check') : null;
      const { health, notes } = await system.interruptible(async (signal) => {
        const ran = await runChecks(system, found, settings, { signal, onResult });
        if (ran.healthy || store === null) return { health: ran, notes: [] };
        return { health: ran, notes: await keepFailedBoot(system, store, ran, signal) };
      });
      console.out(args.json ? `${JSON.stringify(healthDocument(health))}\n` : renderHealth(health, console));
      if (!found.checks.some(({ kind }) => kind === 'required')) {
        console.err(`migrate: no required check was found; they lie in ${placesOfChecks()}\n`);
      }
      for (const note of notes) console.err(`migrate: ${note}\n`);
      finish(health.healthy ? exitCodes.done : exitCodes.unhealthy);
    },
  };
}
