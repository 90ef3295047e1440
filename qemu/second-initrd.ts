import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type Built, cached, contentOf, exists } from './cache.ts';
import { command } from './command.ts';
import type { Image } from './images.ts';
import { project } from './product.ts';

const productBinary = join(project, 'dist', 'migrate');
const builder = join(project, '.tools', 'second-initrd.ts');

/** The binary and its libraries as a second initrd, with the libraries of the image whose initramfs it joins. */
export async function secondInitrd(image: Image, binary: string = productBinary): Promise<Built> {
  if (!(await exists(binary))) throw new Error(`${binary} is missing: run "npm run build" first`);
  return cached({
    name: `second-initrd-${image.suite}`,
    inputs: [image.key, await digestOf(binary), await contentOf(builder)],
    make: async (path) => {
      await command(process.execPath, [builder, '--binary', binary, '--root', image.root, '--output', path]);
    },
  });
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
