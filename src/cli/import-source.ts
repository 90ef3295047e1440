import { Failure } from '../domain/failure.ts';
import type { ReachedStore } from '../flows/place-of-store.ts';
import type { ImportedImage, ImportRequest } from '../flows/staging/import-image.ts';

import type { Context } from './context.ts';
import { grouped, inBytes } from './quantities.ts';

/** What is asked of an image that is unpacked, as yargs takes it. */
export const importOptions = {
  digest: { type: 'string', requiresArg: true, describe: 'the sha256:… that the image must have' },
  signature: { type: 'string', requiresArg: true, describe: 'its detached signature, where that is not beside it' },
  name: { type: 'string', requiresArg: true, describe: 'what to call the image in the store; else what it suggests' },
} as const;

type ImportArguments = {
  readonly source: string;
  readonly digest?: string | undefined;
  readonly signature?: string | undefined;
  readonly name?: string | undefined;
};

/** Brings an image into the store; a source that is the name of one there is taken as it is. Gives the name of its tag. */
export async function importSource(context: Context, place: ReachedStore, args: ImportArguments): Promise<string> {
  const { imageInStore } = await import('../flows/staging/image-in-store.ts');
  const { source, digest = null, signature = null, name = null } = args;
  const there = imageInStore(place, { source, digest, signature, name });
  if (there !== null) return there;
  requireSource(context, source);
  const { importImage } = await import('../flows/staging/import-image.ts');
  const progress = unpackLine(context);
  const imported = await context.system.interruptible((signal) =>
    importImage(place, { source, digest, signature, name, signal, onProgress: progress.onProgress }),
  );
  progress.clear();
  context.console.err(`migrate: ${describe(imported)}\n`);
  return imported.tag;
}

/** An image of the store is named without a path, and so may be a name that is mistyped. */
function requireSource({ system }: Context, source: string): void {
  if (/[/:]/.test(source) || system.exists(source)) return;
  throw new Failure({
    code: 'unreadable',
    kind: 'input',
    message: `Cannot read ${source}: it does not exist, and the store has no image of that name`,
    advice: 'The images that the store has: migrate image ls',
  });
}

function describe({ tag, isNew, digest, signer, leftOut }: ImportedImage): string {
  const trust = signer === null ? '' : `, signed by ${signer.key} (${signer.comment})`;
  const sockets = leftOut.length === 0 ? '' : `; ${leftOut.length} sockets are left out`;
  return `the image ${tag} is ${isNew ? 'in' : 'already in'} the store${digest === null ? '' : `, ${digest}`}${trust}${sockets}`;
}

const verbs = { fetch: 'Fetching', check: 'Checking', unpack: 'Unpacking' } as const;

/** One line of the terminal that is written over; nothing where stderr is no terminal. */
function unpackLine({ console }: Context): {
  readonly onProgress: ImportRequest['onProgress'];
  readonly clear: () => void;
} {
  if (!console.interactive) return { onProgress: () => undefined, clear: () => undefined };
  return {
    onProgress: ({ phase, done, total, entries }) => {
      const amount = `${inBytes(done)}${total === null ? '' : ` of ${inBytes(total)}`}`;
      console.err(`\r\u001b[K${verbs[phase]} … ${amount}, ${grouped(entries)} entries`);
    },
    clear: () => console.err('\r\u001b[K'),
  };
}
