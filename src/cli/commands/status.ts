import type { Argv } from 'yargs';
import { type VersionStatus, versionStatus } from '../../flows/version-status.ts';
import { withStore } from '../../flows/with-store.ts';
import { writableTagProblems } from '../../flows/writable-tags.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, requireRoot, storeOf, storeOption } from '../options.ts';
import { renderStatus } from '../render-status.ts';

function options(yargs: Argv) {
  return yargs
    .options({ ...storeOption, ...jsonOption })
    .example('$0 status', 'which version runs, what the next boot does, how the last migration ended, what waits')
    .epilogue(
      'Exit codes: 0 all is well; 1 a record cannot be read, a tag was changed, or the loader could not do its part at this start; 3 a version waits for a choice.',
    );
}

/** `migrate status`: the machine in a few lines. */
export function statusCommand({ system, storeKinds, console, finish }: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      requireRoot(system, 'status');
      const known = withStore(system, storeOf(args), (store) => versionStatus(system, store));
      const writable = await writableTagProblems(system, { directory: storeOf(args), storeKinds });
      const status = { ...known, problems: [...known.problems, ...writable] };
      console.out(args.json ? `${JSON.stringify(documentOf(status))}\n` : renderStatus(status, console));
      for (const problem of status.problems) console.err(`migrate: ${problem}\n`);
      finish(exitCodeOf(status));
    },
  };
}

function exitCodeOf({ problems, startProblem, versions }: VersionStatus): (typeof exitCodes)[keyof typeof exitCodes] {
  if (problems.length > 0 || startProblem !== null) return exitCodes.failed;
  return versions.some(({ state }) => state === 'waiting') ? exitCodes.waiting : exitCodes.done;
}

function documentOf({
  versions,
  running,
  booted,
  next,
  last,
  startProblem,
  startsAnew,
  problems,
}: VersionStatus): object {
  return {
    schema: 'migrate.status/1',
    running: running?.id ?? null,
    booted,
    next: next === null ? null : { version: next.id, state: next.state },
    last:
      last === null
        ? null
        : { version: last.version.id, state: last.change.to, at: last.change.at, why: last.change.why },
    startProblem,
    startsAnew,
    waiting: versions.filter(({ state }) => state === 'waiting').map(({ id, reason }) => ({ version: id, reason })),
    deferred: versions.flatMap(({ id, deferred }) => deferred.map((step) => ({ version: id, step }))),
    problems,
  };
}
