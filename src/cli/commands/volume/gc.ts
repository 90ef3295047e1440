import type { Argv } from 'yargs';
import { Failure } from '../../../domain/failure.ts';
import type { Collected } from '../../../flows/volumes/collect-garbage.ts';
import { columnOf } from '../../columns.ts';
import type { CommandBody } from '../../command-row.ts';
import { type Console, exitCodes, paint } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { countOf } from '../../quantities.ts';
import { leftOverLines } from '../../render-left-overs.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('volume', { type: 'string', describe: 'only the tags of this one' })
    .options({
      'keep-last': {
        type: 'number',
        requiresArg: true,
        default: 10,
        describe: 'so many of the newest tags of each branch stay',
      },
      'keep-days': {
        type: 'number',
        requiresArg: true,
        describe: 'those made at most so many days before the newest tag of the branch stay too',
      },
      'dry-run': { type: 'boolean', default: false, describe: 'say what would go, and change nothing' },
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 volume gc db --keep-last 3 --dry-run', 'what stays and what would go, and why')
    .epilogue('Exit codes: 0 all that was to go is gone; 1 a tag could not be removed, which is named.');
}

/** `migrate volume gc`: removes tags that no rule keeps. */
export function collectCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const keepLast = countOfOption('--keep-last', args['keep-last'], 1);
      const keepDays = args['keep-days'] === undefined ? null : countOfOption('--keep-days', args['keep-days'], 0);
      const dryRun = args['dry-run'];
      const store = storeRequest(context, args, 'volume gc');
      const { collectGarbage } = await import('../../../flows/volumes/collect-garbage.ts');
      const request = { ...store, volume: args.volume ?? null, rules: { keepLast, keepDays }, dryRun };
      const collected = await collectGarbage(system, request);
      const { tags, leftOvers } = collected;
      printResult(console, args, {
        document: { schema: 'migrate.volume-gc/1', dryRun, tags, leftOvers },
        text: render(collected, dryRun, console),
      });
      const isLeft =
        tags.some(({ outcome }) => outcome === 'left') || leftOvers.some(({ problem }) => problem !== null);
      finish(isLeft ? exitCodes.failed : exitCodes.done);
    },
  };
}

/** Given twice it is a list, and given a word it is no number. */
function countOfOption(option: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new Failure({
    code: 'usage',
    kind: 'input',
    message: `Cannot tell what is to stay: ${option} takes one whole number, from ${least} on`,
    advice: 'See migrate volume gc --help',
  });
}

function render({ tags, leftOvers }: Collected, dryRun: boolean, console: Console): string {
  const words = { stays: 'stays', goes: dryRun ? 'goes' : 'gone', left: 'left' };
  const styles = { stays: 'dim', goes: 'bold', left: 'red' } as const;
  const width = columnOf(tags.map(({ name }) => name));
  const lines = tags.map(
    ({ name, outcome, why }) =>
      `${paint(console, styles[outcome], words[outcome].padEnd(5))}  ${name.padEnd(width)}  ${why.join('; ')}`,
  );
  const gone = tags.filter(({ outcome }) => outcome === 'goes').length;
  const summary = `${countOf(gone, 'tag')} of ${tags.length} ${dryRun ? 'would go' : 'removed'}`;
  return `${[...lines, summary, ...leftOverLines(leftOvers, dryRun)].join('\n')}\n`;
}
