import type { Argv } from 'yargs';
import { versionDocument } from '../../domain/version-json.ts';
import { listVersions, type VersionList } from '../../flows/version-status.ts';
import { withStore } from '../../flows/with-store.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, requireRoot, storeOf, storeOption } from '../options.ts';
import { renderVersions } from '../render-versions.ts';

function options(yargs: Argv) {
  return yargs
    .options({ ...storeOption, ...jsonOption })
    .example('$0 versions', 'what can be booted, what it came from, and what runs')
    .epilogue('Exit codes: 0 all of them; 1 the record of one cannot be read, which is named.');
}

/** `migrate versions`: all versions as a graph. */
export function versionsCommand({ system, console, finish }: Context): CommandBody {
  return {
    builder: options,
    handler: (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      requireRoot(system, 'versions');
      const list = withStore(system, storeOf(args), (store) => listVersions(system, store));
      console.out(args.json ? `${JSON.stringify(documentOf(list))}\n` : renderVersions(list, console));
      for (const problem of list.problems) console.err(`migrate: ${problem}\n`);
      finish(list.problems.length === 0 ? exitCodes.done : exitCodes.failed);
    },
  };
}

function documentOf({ versions, running, problems }: VersionList): object {
  return {
    schema: 'migrate.versions/1',
    running: running?.id ?? null,
    versions: versions.map(versionDocument),
    problems,
  };
}
