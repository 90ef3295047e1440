import type { Argv } from 'yargs';
import { bytesToJson, displayBytes } from '../../domain/bytes.ts';
import { placeOfStore } from '../../flows/place-of-store.ts';
import type { Restored } from '../../flows/restore/restore-path.ts';
import type { OnRestoreProgress, RestoreProgress } from '../../flows/restore/tally.ts';
import type { CommandBody } from '../command-row.ts';
import { type Console, exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, rootOption, storeOption } from '../options.ts';
import { countOf, grouped, inBytes } from '../quantities.ts';
import { printResult, storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('path', { type: 'string', demandOption: true, describe: 'a file, link or directory, absolute' })
    .options({
      from: {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'a VERSION, an IMAGE, or TAG@VOLUME; needed',
      },
      what: {
        choices: ['ours', 'theirs', 'base'] as const,
        requiresArg: true,
        describe: "with a version: ours, its old version's; theirs, its image's; base, the old image's; else its own",
      },
      to: { type: 'string', requiresArg: true, describe: 'another path to restore it to' },
      force: { type: 'boolean', default: false, describe: 'replace what is there, which is kept elsewhere' },
      ...rootOption,
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 restore /etc/motd --from bookworm.1', 'the file as it is in that version')
    .example('$0 restore /etc/motd --from trixie.2 --what theirs --to /root/motd', "the image's, beside what is there")
    .epilogue('What --force replaces is kept in /var/lib/migrate/replaced, below a number and under its own path.');
}

/** `migrate restore`: gets back what a migration discarded. */
export function restoreCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { system, console, finish } = context;
      const place = await placeOfStore(system, storeRequest(context, args, 'restore'));
      const { restorePath } = await import('../../flows/restore/restore-path.ts');
      const { path, from, root, force } = args;
      const places = { root, what: args.what ?? null, to: args.to ?? null };
      const restored = restorePath(place, { path, from, force, ...places, onProgress: progressOn(console) });
      if (console.interactive) console.err('\r\u001b[K');
      printResult(console, args, { document: documentOf(restored), text: render(restored) });
      finish(exitCodes.done);
    },
  };
}

const verbs: Readonly<Record<RestoreProgress['phase'], string>> = {
  keep: 'Keeping what is there',
  restore: 'Restoring',
};

/** One line of the terminal that is written over; nothing where stderr is no terminal. */
function progressOn(console: Console): OnRestoreProgress {
  if (!console.interactive) return () => undefined;
  return ({ phase, entries, bytes }) =>
    console.err(`\r\u001b[K${verbs[phase]} … ${inBytes(bytes)}, ${grouped(entries)} entries`);
}

function documentOf({ path, to, replaced, ...rest }: Restored): object {
  return {
    schema: 'migrate.restored/1',
    ...rest,
    path: bytesToJson(path),
    to: bytesToJson(to),
    replaced: replaced === null ? null : bytesToJson(replaced),
  };
}

function render({ from, path, to, entries, bytes, replaced, notes }: Restored): string {
  const where = to === path ? '' : ` to ${displayBytes(to)}`;
  const amount = `${entries === 1 ? '1 entry' : countOf(entries, 'entrie')}, ${inBytes(bytes)}`;
  return [
    `Restored ${displayBytes(path)} from ${from}${where}: ${amount}`,
    ...(replaced === null ? [] : [`What was there is kept in ${displayBytes(replaced)}`]),
    ...notes.map((note) => `note: ${note}`),
    '',
  ].join('\n');
}
