import type { Argv } from 'yargs';
import { minuteOf } from '../../../domain/minute.ts';
import type { ListedImage } from '../../../flows/images/list-images.ts';
import { columnOf } from '../../columns.ts';
import type { CommandBody } from '../../command-row.ts';
import { type Console, exitCodes, paint } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { printableText } from '../../printable.ts';
import { inBytes } from '../../quantities.ts';
import { printResult, storeRequest } from '../../store-request.ts';

function options(yargs: Argv) {
  return yargs
    .options({ ...storeOption, ...jsonOption })
    .example('$0 image ls', 'all images with their digests, who signed them, and the versions that use them')
    .epilogue('Exit codes: 0 all of them; 1 one cannot be read, which is named.');
}

/** `migrate image ls`: what images there are. */
export function listCommand(context: Context): CommandBody {
  const { system, console, finish } = context;
  return {
    builder: options,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const store = storeRequest(context, args, 'image ls');
      const { listImages } = await import('../../../flows/images/list-images.ts');
      const { images, problems } = await listImages(system, store);
      printResult(console, args, {
        document: { schema: 'migrate.images/1', images, problems },
        text: images.length === 0 ? 'The store has no images\n' : renderImages(images, console),
      });
      for (const problem of problems) console.err(`migrate: ${problem}\n`);
      finish(problems.length === 0 ? exitCodes.done : exitCodes.failed);
    },
  };
}

function renderImages(images: readonly ListedImage[], console: Console): string {
  const width = columnOf(images.map(({ name }) => name));
  return images.map((image) => renderImage(image, width, console)).join('');
}

function renderImage(image: ListedImage, width: number, console: Console): string {
  const { name, at, system, digest, signer, bytes, versions, holds, writable } = image;
  const others = holds.filter((hold) => !hold.startsWith('version:'));
  const head = [
    paint(console, 'bold', name.padEnd(width)),
    minuteOf(printableText(at)),
    ...(bytes === null ? [] : [inBytes(bytes)]),
    ...(system === null ? [] : [printableText(system)]),
  ];
  const details = [
    ...(digest === null ? [] : [printableText(digest)]),
    signer === null ? 'not signed' : `signed by ${printableText(signer)}`,
    versions.length === 0 ? 'used by no version' : `used by ${versions.join(', ')}`,
    ...(writable ? [paint(console, 'red', `somebody has made it writable: see migrate image verify ${name}`)] : []),
    ...(others.length === 0 ? [] : [`held for ${others.map(printableText).join(', ')}`]),
  ];
  return `${[head.join('  '), ...details.map((detail) => `  ${detail}`)].join('\n')}\n`;
}
