import type { Argv } from 'yargs';
import { placeOfStore } from '../../flows/place-of-store.ts';
import type { BootEntry } from '../../flows/staging/boot-entry.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { printResult, storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('id', { type: 'string', describe: 'the version; else the one that the next boot is to start' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 entry', 'kernel, initrds and command line of the next boot')
    .epilogue("Paths are from the top of the store's filesystem, where GRUB finds them too.");
}

/** `migrate entry`: what a boot loader needs to start a version. */
export function entryCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { system, console, finish } = context;
      const place = await placeOfStore(system, storeRequest(context, args, 'entry'));
      const { bootEntry } = await import('../../flows/staging/boot-entry.ts');
      const entry = bootEntry(place, args.id ?? null);
      const { version, ...boot } = entry;
      printResult(console, args, {
        document: { schema: 'migrate.entry/1', version: version.id, state: version.state, ...boot },
        text: renderEntry(entry),
      });
      for (const note of entry.notes) console.err(`migrate: note: ${note}\n`);
      finish(exitCodes.done);
    },
  };
}

function renderEntry({ version, kernel, initrd, secondInitrd, commandLine }: BootEntry): string {
  const initrds = [initrd, ...(secondInitrd === null ? [] : [secondInitrd])];
  return `version  ${version.id}\nkernel   ${kernel}\ninitrd   ${initrds.join(' ')}\noptions  ${commandLine}\n`;
}
