import type { Argv } from 'yargs';
import { bytesOfText, displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { placeOfStore } from '../../flows/place-of-store.ts';
import type { CommandBody } from '../command-row.ts';
import { type Console, exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { storeOption } from '../options.ts';
import { storeRequest } from '../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .options({
      ...storeOption,
      'read-only': { type: 'boolean', describe: 'give tags, and take none' },
      'append-only': { type: 'boolean', describe: 'give tags, and take new ones; this is the default' },
      volume: {
        type: 'string',
        array: true,
        nargs: 1,
        describe:
          'give and take this volume alone, by its name in this store; web1+* for all of web1; may be given again',
      },
      'print-key-line': {
        type: 'string',
        requiresArg: true,
        describe: 'print what lets a public key (FILE.pub) do this and nothing else, for ~/.ssh/authorized_keys',
      },
    })
    .conflicts('read-only', 'append-only')
    .example('$0 serve --store /srv/store', 'answer on standard input and output, as sshd starts it')
    .example('$0 serve --store /srv/store --print-key-line web1.pub >> ~/.ssh/authorized_keys', 'let a machine push')
    .example("$0 serve --store /srv/store --volume 'web1+*' --print-key-line web1.pub", 'its own volumes, no others');
}

/** `migrate serve`: the end of push, fetch and pull that answers. */
export function serveCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { system, console, version, finish } = context;
      const access = args['read-only'] ? 'read-only' : 'append-only';
      const keyFile = args['print-key-line'];
      const volumes = args.volume ?? null;
      if (keyFile === undefined) requireServing(console);
      const place = await placeOfStore(system, storeRequest(context, args, 'serve'));
      if (keyFile !== undefined) {
        const { keyLine } = await import('../../flows/transfer/key-line.ts');
        console.out(`${keyLine(place, { keyFile, access, volumes })}\n`);
        finish(exitCodes.done);
        return;
      }
      const { serveStore } = await import('../../flows/transfer/serve-store.ts');
      await system.interruptible((signal) =>
        serveStore(place, system.streams.standard({ signal }), { access, volumes, program: version, signal }),
      );
      finish(exitCodes.done);
    },
  };
}

/**
 * A person at a terminal could not say a word of it. Where a key allows nothing but this, it says what the other side wanted to
 * run (sshd(8), "command=").
 */
function requireServing({ ask }: Pick<Console, 'ask'>): void {
  if (ask !== null) {
    throw new Failure({
      code: 'usage',
      kind: 'input',
      message: 'Cannot talk with a person: migrate serve answers migrate push, fetch and pull of another machine',
      advice: 'Have sshd start it there: migrate serve --help has an example',
    });
  }
  const wanted = process.env['SSH_ORIGINAL_COMMAND'];
  if (wanted === undefined || /^(\S*\/)?migrate serve(\s|$)/.test(wanted)) return;
  throw new Failure({
    code: 'not-allowed',
    kind: 'input',
    message: `This key is for migrate push, fetch and pull alone, not for "${displayBytes(bytesOfText(wanted))}"`,
  });
}
