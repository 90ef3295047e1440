import type { Argv } from 'yargs';
import type { Finding } from '../../flows/loader/examine.ts';
import { placeOfStore } from '../../flows/place-of-store.ts';
import type { CommandBody } from '../command-row.ts';
import { type Console, exitCodes, paint } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { printResult, storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .options({ ...storeOption, ...jsonOption })
    .example('$0 doctor', 'what would keep this machine from coming back by itself after an update that went wrong')
    .epilogue(
      'Exit codes: 0 nothing stops a trial; 1 an error does: migrate stage and rollback refuse until it is mended.',
    );
}

/** `migrate doctor`: finds what would make a trial, a fallback or a reset unsafe. */
export function doctorCommand(context: Context): CommandBody {
  const { system, console, loaderKinds, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const place = await placeOfStore(system, storeRequest(context, args, 'doctor'));
      const { examine } = await import('../../flows/loader/examine.ts');
      const { loaderOf } = await import('../../flows/loader/with-loader.ts');
      const findings = examine(place, await loaderOf(place, loaderKinds));
      printResult(console, args, {
        document: { schema: 'migrate.doctor/1', findings },
        text: findings.length === 0 ? 'Nothing found\n' : findings.map((one) => render(one, console)).join(''),
      });
      finish(findings.some(({ blocksTrial }) => blocksTrial) ? exitCodes.failed : exitCodes.done);
    },
  };
}

function render({ key, blocksTrial, message, advice }: Finding, console: Pick<Console, 'colored'>): string {
  const severity = blocksTrial ? paint(console, 'red', 'error') : paint(console, 'yellow', 'warning');
  return `${severity}: ${message} [${key}]\n  ${advice}\n`;
}
