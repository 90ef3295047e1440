import { copyFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, contentOf } from '../cache.ts';
import { command } from '../command.ts';
import { project } from '../product.ts';
import { binary } from '../store-disk.ts';

/** A text that stands once in a file of the product's sources, and what stands there instead. */
export type ProductChange = { readonly file: string; readonly from: string; readonly to: string };

const copied = ['.tools', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** The product's binary; with changes, that of a copy of the sources with them, which is built within half a minute. */
export async function productBinary(changes: readonly ProductChange[]): Promise<string> {
  if (changes.length === 0) return binary;
  const inputs = await Promise.all(['src', ...copied].map((name) => contentOf(join(project, name))));
  const make = (path: string): Promise<void> => build(changes, path);
  return (await cached({ name: 'changed-product', inputs: [...inputs, JSON.stringify(changes)], make })).path;
}

async function build(changes: readonly ProductChange[], path: string): Promise<void> {
  const tree = await mkdtemp(join(tmpdir(), 'migrate-changed-'));
  try {
    for (const name of ['src', ...copied]) await cp(join(project, name), join(tree, name), { recursive: true });
    await symlink(join(project, 'node_modules'), join(tree, 'node_modules'));
    for (const change of changes) await changeText(tree, change);
    await command('sh', ['-c', 'cd "$1" && mkdir dist && exec "$2" .tools/build.ts', 'sh', tree, process.execPath]);
    await copyFile(join(tree, 'dist', 'migrate'), path);
  } finally {
    await rm(tree, { recursive: true });
  }
}

async function changeText(tree: string, { file, from, to }: ProductChange): Promise<void> {
  const path = join(tree, file);
  const [before, after, ...more] = (await readFile(path, 'utf8')).split(from);
  if (after === undefined || more.length > 0) throw new Error(`${file} does not hold this once: ${from}`);
  await writeFile(path, `${before}${to}${after}`);
}
