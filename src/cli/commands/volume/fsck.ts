import type { Argv } from 'yargs';
import { displayBytes } from '../../../domain/bytes.ts';
import type { Checked } from '../../../flows/volumes/check-store.ts';
import type { CommandBody } from '../../command-row.ts';
import { type Console, exitCodes, paint } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { countOf } from '../../quantities.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .options({
      repair: {
        type: 'boolean',
        default: false,
        describe: 'make good what can be; removes nothing that migrate did not begin to make or remove',
      },
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 volume fsck', 'whether the ledger, what lies in the store, and what its versions need agree')
    .example('$0 volume fsck --repair', 'make a lost or damaged ledger anew, finish what was interrupted')
    .epilogue('Exit codes: 0 nothing that has to be mended; 1 something has, and is named.');
}

/** `migrate volume fsck`: compares the ledger with what lies in the store. */
export function checkCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const store = storeRequest(context, args, 'volume fsck');
      const { examineStore } = await import('../../../flows/volumes/check-store.ts');
      const checked = await examineStore(system, { ...store, repair: args.repair });
      printResult(console, args, {
        document: { schema: 'migrate.volume-fsck/1', ...checked },
        text: render(checked, console),
      });
      const isSound = checked.findings.every(({ severity }) => severity === 'notice');
      finish(isSound ? exitCodes.done : exitCodes.failed);
    },
  };
}

type Finding = Checked['findings'][number];

function render({ repaired, lost, findings, oldLedger }: Checked, console: Console): string {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return `${[
    ...repaired.map((finding) => line('repaired', finding, console)),
    ...lost.map((finding) => line('lost', finding, console)),
    ...(oldLedger === null ? [] : [`The old ledger stays as ${displayBytes(oldLedger)}`]),
    ...findings.map((finding) => line(finding.severity, finding, console)),
    errors.length === 0 ? 'The ledger and the store agree' : countOf(errors.length, 'error'),
  ].join('\n')}\n`;
}

const styles = { repaired: 'green', lost: 'red', error: 'red', notice: 'yellow' } as const;

function line(word: keyof typeof styles, { what, detail }: Finding, console: Console): string {
  return `${paint(console, styles[word], word)}  ${what}: ${detail}`;
}
