import type { Argv } from 'yargs';
import type { Pushed } from '../../flows/transfer/push.ts';
import type { BackedUp } from '../../flows/transfer/push-to-restic.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { inBytes } from '../quantities.ts';
import { progressLine } from '../show-progress.ts';
import { printResult, storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'VOLUME[/BRANCH], or TAG@VOLUME' })
    .positional('remote', { type: 'string', demandOption: true, describe: 'a remote, or restic:REPOSITORY' })
    .options({
      as: { type: 'string', requiresArg: true, describe: 'the name that the branch is to have there' },
      plan: { type: 'boolean', default: false, describe: 'say what would be sent, and change nothing' },
      'without-nested': {
        type: 'boolean',
        default: false,
        describe: 'leave out what lies in other filesystems and subvolumes inside',
      },
      init: { type: 'boolean', default: false, describe: 'make the repository of restic where there is none' },
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 push home/main vault', 'what the branch holds now; only what the remote lacks where both can')
    .example('$0 push home vault --plan', 'whether it would go, and how')
    .example('$0 push home/main vault --as spare', 'beside what has diverged there')
    .example('RESTIC_PASSWORD_FILE=/etc/restic.key $0 push home offsite', 'to a repository of restic')
    .epilogue(
      'A tag is made of the branch and sent. Nothing that the remote has is ever removed or replaced.\n' +
        'Exit codes: 0 it is there; 1 it has diverged, and nothing was sent, or the remote cannot be reached.',
    );
}

/** `migrate push`: a branch as it is now, or a tag, to another store. */
export function pushCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const store = storeRequest(context, args, 'push');
      const { push } = await import('../../flows/transfer/push.ts');
      const { onProgress, clear } = progressLine(console);
      const { name, remote, plan, init, as = null } = args;
      const withoutNested = args['without-nested'];
      const done = await system.interruptible((signal) =>
        push(system, { ...store, name, remote, as, plan, init, withoutNested, signal, onProgress }),
      );
      clear();
      printResult(console, args, {
        document: { schema: 'migrate.pushed/1', remote, ...done },
        text: `${'snapshot' in done ? renderBackup(done, remote) : renderPushed(done, remote)}\n`,
      });
      finish(exitCodes.done);
    },
  };
}

function renderBackup({ outcome, tag, snapshot, bytes, added }: BackedUp, remote: string): string {
  if (outcome === 'would-send') return `Would send ${tag ?? 'a new tag'} to ${remote}`;
  if (outcome === 'up-to-date') return `${remote} is up to date: it has ${tag}, as the snapshot ${snapshot}`;
  return `Sent ${tag} to ${remote} as the snapshot ${snapshot}: ${inBytes(bytes ?? 0)}, of which ${inBytes(added ?? 0)} were new there`;
}

function renderPushed(pushed: Pushed, remote: string): string {
  const { outcome, tag, parent, format, bytes, there } = pushed;
  const how = parent === null ? `whole, as ${format}` : `what differs from ${parent}, as ${format}`;
  if (outcome === 'up-to-date') return `${remote} is up to date: it has ${tag}`;
  if (outcome === 'would-send') return `Would send ${tag ?? 'a new tag'} to ${remote}: ${how}`;
  return `Sent ${tag} to ${remote}, where it is ${there}: ${how}, ${inBytes(bytes)}`;
}
