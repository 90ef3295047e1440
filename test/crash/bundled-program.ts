import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle } from '../../.tools/bundle.ts';

const project = resolve(import.meta.dirname, '../..');

/** A safety taken out of a copy of the sources: a text that stands in a file of `src` exactly once, and what replaces it. */
export type Patch = { readonly file: string; readonly text: string; readonly replacement: string };

/**
 * Bundles the sources, changed as the patches say, into one program that starts faster than the sources do. Returns its
 * path, below the directory. Throws where the text of a patch is not there exactly once.
 */
export async function bundledProgram(directory: string, patches: readonly Patch[] = []): Promise<string> {
  mkdirSync(directory);
  cpSync(join(project, 'src'), join(directory, 'src'), { recursive: true });
  cpSync(join(project, 'package.json'), join(directory, 'package.json'));
  symlinkSync(join(project, 'node_modules'), join(directory, 'node_modules'));
  for (const patch of patches) apply(join(directory, 'src', patch.file), patch);
  const program = join(directory, 'migrate.cjs');
  await bundle(join(directory, 'src/main.ts'), program);
  return program;
}

function apply(file: string, { text, replacement }: Patch): void {
  const [before, after, ...more] = readFileSync(file, 'utf8').split(text);
  if (before === undefined || after === undefined || more.length > 0) throw new Error(`${file}: not once: ${text}`);
  writeFileSync(file, `${before}${replacement}${after}`);
}
