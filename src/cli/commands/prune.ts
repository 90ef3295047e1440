import type { Argv } from 'yargs';
import { Failure } from '../../domain/failure.ts';
import { placeOfStore } from '../../flows/place-of-store.ts';
import { type Pruning, pruneVersions } from '../../flows/prune-versions.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, requireRoot, storeOf, storeOption } from '../options.ts';
import { sayNotes } from '../render-loader.ts';
import { renderPruning } from '../render-pruning.ts';

function options(yargs: Argv) {
  return yargs
    .options({
      ...storeOption,
      keep: {
        type: 'string',
        requiresArg: true,
        default: '3',
        describe: 'how many versions that were good stay, and how many images',
      },
      'dry-run': { type: 'boolean', default: false, describe: 'say what would go, and change nothing' },
      ...jsonOption,
    })
    .example('$0 prune --dry-run', 'what stays and what would go, and why')
    .example('$0 prune --keep 5', 'leave the newest five that were good, and all that must stay')
    .epilogue(
      'An image goes with the last version that uses it. One that no version, remote or hold refers to, such as that of a version which another was staged in place of, goes as well, but for the newest that --keep names.',
    )
    .epilogue(
      'Exit codes: 0 all that was to go is gone; 1 something could not be removed, or not be kept for the log, and is named.',
    );
}

/** `migrate prune`: removes versions that are not needed any more. */
export function pruneCommand({ system, storeKinds, loaderKinds, console, finish }: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      requireRoot(system, 'prune');
      const keep = countOf(args.keep);
      const place = await placeOfStore(system, { directory: storeOf(args), storeKinds });
      const pruning = pruneVersions(place, { keep, dryRun: args['dry-run'] });
      const { refreshLoader } = await import('../../flows/loader/arm-loader.ts');
      const loader = args['dry-run'] ? null : await refreshLoader(place, loaderKinds);
      console.out(args.json ? `${JSON.stringify(documentOf(pruning))}\n` : renderPruning(pruning, console));
      sayNotes(console, loader?.notes ?? []);
      for (const problem of pruning.problems) console.err(`migrate: ${problem}\n`);
      const isWhole =
        pruning.problems.length + pruning.refused.length === 0 &&
        pruning.leftOvers.every(({ problem }) => problem === null);
      finish(isWhole ? exitCodes.done : exitCodes.failed);
    },
  };
}

/** A number for yargs would make 0 of nothing. Given twice it is a list. */
function countOf(keep: unknown): number {
  const count = typeof keep === 'string' && /^[0-9]{1,6}$/.test(keep) ? Number(keep) : null;
  if (count !== null) return count;
  throw new Failure({
    code: 'usage',
    kind: 'input',
    message: 'Cannot tell how many versions are to stay: --keep takes one whole number, from 0 on',
    advice: 'See migrate prune --help',
  });
}

function documentOf({ dryRun, retained, images, removed, kept, refused, leftOvers }: Pruning): object {
  return {
    schema: 'migrate.prune/1',
    dryRun,
    versions: retained.map(({ version: { id, state }, stays, why }) => ({ version: id, state, stays, why })),
    images: images.map(({ image: { name }, stays, why }) => ({ image: name, stays, why })),
    removed,
    kept,
    refused,
    leftOvers,
  };
}
