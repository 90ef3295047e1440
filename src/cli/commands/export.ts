import type { Argv } from 'yargs';
import { placeOfStore } from '../../flows/place-of-store.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, storeOption } from '../options.ts';
import { inBytes } from '../quantities.ts';
import { printResult, storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'a VERSION, an IMAGE, or TAG@VOLUME' })
    .positional('file', { type: 'string', demandOption: true, describe: 'FILE.tar.zst, .tar.gz, .tar.xz or .tar' })
    .options({
      'as-image': {
        type: 'boolean',
        default: false,
        describe: 'without the records of its own migration: what versions can be made of',
      },
      force: { type: 'boolean', default: false, describe: 'replace a file that is there' },
      ...storeOption,
      ...jsonOption,
    })
    .example('$0 export trixie.2 /mnt/usb/trixie.2.tar.zst', 'a whole root')
    .example('$0 export trixie.2 trixie-2.tar.zst --as-image', 'the same, for migrate stage on other machines')
    .epilogue(
      'An archive holds neither sockets nor the flags of chattr. Only its owner may read it: it holds secrets.',
    );
}

/** `migrate export`: a whole root as one file. */
export function exportCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { system, console, finish } = context;
      const place = await placeOfStore(system, storeRequest(context, args, 'export'));
      const { exportObject } = await import('../../flows/export/export-object.ts');
      const { name, file, force, asImage } = args;
      const onBytes = (bytes: number): void => {
        if (console.interactive) console.err(`\r\u001b[KWriting … ${inBytes(bytes)}`);
      };
      const exported = await system.interruptible((signal) =>
        exportObject(place, { name, file, force, asImage, signal, onBytes }),
      );
      if (console.interactive) console.err('\r\u001b[K');
      const { leftOut } = exported;
      if (leftOut !== null)
        console.err(`migrate: not in it, as other filesystems or subvolumes begin there: ${leftOut}\n`);
      printResult(console, args, {
        document: { schema: 'migrate.exported/1', ...exported },
        text: `Exported ${exported.name} to ${file}, ${inBytes(exported.bytes)}\n`,
      });
      finish(exitCodes.done);
    },
  };
}
