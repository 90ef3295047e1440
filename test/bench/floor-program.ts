import { symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundle } from '../../.tools/bundle.ts';

/** Makes the program of a floor (`floors/NAME.ts`) in the directory: in one file, as ours is. */
export async function floorProgram(directory: string, name: string): Promise<string> {
  const program = join(directory, `${name}.cjs`);
  await symlink(resolve('node_modules'), join(directory, 'node_modules'));
  await bundle(join(import.meta.dirname, 'floors', `${name}.ts`), program);
  return program;
}
