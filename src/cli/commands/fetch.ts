import type { Argv } from 'yargs';
import type { Fetched } from '../../flows/transfer/fetched.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { inBytes } from '../quantities.ts';
import { progressLine } from '../show-progress.ts';
import { printResult, storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('first', {
      type: 'string',
      demandOption: true,
      describe: 'VOLUME, VOLUME/BRANCH, HOST/VOLUME/BRANCH or TAG@VOLUME; or only the remote, for all volumes',
    })
    .positional('remote', { type: 'string', describe: 'the remote' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 fetch home/main vault', 'the last tag of a branch there')
    .example('$0 fetch home vault', 'of all branches of a volume')
    .example('$0 fetch vault', 'of all volumes')
    .epilogue(
      'Branches of this store stay as they are. A volume that is not here yet is called HOST+VOLUME here.\n' +
        'Exit codes: 0 all came; 1 a tag did not, which is named, or the remote cannot be reached.',
    );
}

/** `migrate fetch`: tags of another store. */
export function fetchCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const store = storeRequest(context, args, 'fetch');
      const { fetchTags } = await import('../../flows/transfer/fetch.ts');
      const { onProgress, clear } = progressLine(console);
      const [name, remote] = args.remote === undefined ? [null, args.first] : [args.first, args.remote];
      const failed: { readonly tag: string; readonly code: string; readonly message: string }[] = [];
      const all = await system.interruptible((signal) =>
        fetchTags(system, { ...store, name, remote, signal, onProgress }, (tag, { code, message }) => {
          failed.push({ tag, code, message });
          clear();
          console.err(`migrate: ${tag}: ${message}\n`);
        }),
      );
      clear();
      const tags = all.map(({ fetched }) => fetched);
      printResult(console, args, {
        document: { schema: 'migrate.fetched/1', remote, tags, failed },
        text:
          tags.length + failed.length === 0
            ? `${remote} has no tags\n`
            : tags.map((tag) => `${renderFetched(tag)}\n`).join(''),
      });
      finish(failed.length === 0 ? exitCodes.done : exitCodes.failed);
    },
  };
}

/** A tag that was fetched, on one line. */
export function renderFetched({ name, branch, isNew, format, bytes }: Fetched): string {
  const of = branch === null ? '' : `, of the branch ${branch}`;
  return isNew ? `Fetched ${name}${of}: ${inBytes(bytes)}, as ${format}` : `${name}${of} is here already`;
}
