import type { Argv } from 'yargs';
import type { VerifiedImage } from '../../../flows/images/verify-image.ts';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { grouped, inBytes } from '../../quantities.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .positional('name', { type: 'string', demandOption: true, describe: 'the name of an image' })
    .options({ ...storeOption, ...jsonOption })
    .example('$0 image verify debian-13', 'read it whole, and compare it with what was imported')
    .epilogue('Exit codes: 0 it is what was imported; 1 it is not.');
}

/** `migrate image verify`: whether an image still is what was imported. */
export function verifyCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const store = storeRequest(context, args, 'image verify');
      const { verifyImage } = await import('../../../flows/images/verify-image.ts');
      const onProgress = ({ bytes, entries }: { readonly bytes: number; readonly entries: number }): void => {
        if (console.interactive) console.err(`\r\u001b[KChecking … ${inBytes(bytes)}, ${grouped(entries)} entries`);
      };
      const verified = await system.interruptible((signal) =>
        verifyImage(system, { ...store, name: args.name, signal, onProgress }),
      );
      if (console.interactive) console.err('\r\u001b[K');
      printResult(console, args, { document: documentOf(verified), text: render(verified) });
      finish(verified.whole ? exitCodes.done : exitCodes.failed);
    },
  };
}

function documentOf({ name, whole, imported, now: { digest, entries, bytes } }: VerifiedImage): object {
  return { schema: 'migrate.image-verified/1', name, whole, imported, now: digest, entries, bytes };
}

function render({ name, whole, imported, now: { digest, entries, bytes } }: VerifiedImage): string {
  const amount = `${grouped(entries)} entries, ${inBytes(bytes)}`;
  if (whole) return `${name} is what was imported: ${amount}, ${digest}\n`;
  return `${name} is not what was imported: ${amount}\n  imported ${imported}\n  now      ${digest}\n  Bring it into the store anew, by another name, and see what differs: migrate diff OTHER ${name}\n`;
}
