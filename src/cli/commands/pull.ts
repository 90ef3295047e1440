import type { Argv } from 'yargs';
import type { Pulled } from '../../flows/transfer/pull.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { progressLine } from '../show-progress.ts';
import { printResult, storeRequest } from '../store-request.ts';
import { renderFetched } from './fetch.ts';

function options(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'VOLUME/BRANCH or HOST/VOLUME/BRANCH' })
    .positional('remote', { type: 'string', demandOption: true, describe: 'the remote' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 pull home/main vault', 'have the branch here go on with what the remote has')
    .epilogue(
      'A branch that was changed here since the last tag that both have is left as it is, and so is one that is mounted or that a version uses.\n' +
        'Exit codes: 0 it goes on with what came; 1 it has diverged, and stays as it is, or the remote cannot be reached.',
    );
}

/** `migrate pull`: fetches a branch, and has the branch of that name here go on with it. */
export function pullCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const store = storeRequest(context, args, 'pull');
      const { pull } = await import('../../flows/transfer/pull.ts');
      const { onProgress, clear } = progressLine(console);
      const { name, remote } = args;
      const pulled = await system.interruptible((signal) =>
        pull(system, { ...store, name, remote, signal, onProgress }),
      );
      clear();
      printResult(console, args, {
        document: { schema: 'migrate.pulled/1', remote, ...pulled },
        text: `${renderFetched(pulled.fetched)}\n${renderPulled(pulled)}\n`,
      });
      finish(exitCodes.done);
    },
  };
}

function renderPulled({ outcome, branch, kept, fetched }: Pulled): string {
  if (outcome === 'up-to-date') return `${branch} is up to date`;
  if (outcome === 'made') return `Made the branch ${branch} of ${fetched.name}`;
  return `${branch} goes on with ${fetched.name}; what it held before is ${kept}`;
}
