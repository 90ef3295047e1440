import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Built, cached } from '../cache.ts';
import { command } from '../command.ts';

const source = join(import.meta.dirname, 'echo-kernel.s');

/** A kernel that says on the serial line what command line and initrds it was started with, and resets the machine. */
export async function echoKernel(): Promise<Built> {
  return cached({
    name: 'echo-kernel',
    inputs: [await readFile(source, 'utf8')],
    make: async (path) => {
      await command('as', ['--32', '-o', `${path}.o`, source]);
      await command('ld', ['-m', 'elf_i386', '--oformat', 'binary', '-Ttext', '0', '-o', path, `${path}.o`]);
      await command('rm', [`${path}.o`]);
    },
  });
}
