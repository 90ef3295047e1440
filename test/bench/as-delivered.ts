import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundle } from '../../.tools/bundle.ts';
import { recordCode, wrapProgram } from '../../.tools/code-cache.ts';

/**
 * A program of ours, made of its sources in the same way as the single binary: one file, the code that V8 compiled for it
 * in a run with these words, and the native library without the wrapper of its package. Returns the script that Node
 * starts.
 */
export async function asDelivered(source: string, directory: string, words: readonly string[]): Promise<string> {
  const [bundled, program, code, script] = ['bundled.cjs', 'program.cjs', 'program.code', 'start.cjs'].map((name) =>
    join(directory, name),
  ) as [string, string, string, string];
  await bundle(source, bundled);
  const library = join(directory, 'node_modules/koffi');
  await mkdir(library, { recursive: true });
  const addon = 'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node';
  await symlink(resolve(addon), join(library, 'index.node'));
  wrapProgram(bundled, program);
  await recordCode(program, code, words);
  await writeFile(script, launcher(program, code));
  return script;
}

/** What `.tools/launcher.cjs` does in the binary. */
function launcher(program: string, code: string): string {
  const [text, compiled] = [program, code].map((file) => JSON.stringify(file));
  return [
    `const { readFileSync } = require('node:fs');`,
    `const { Script } = require('node:vm');`,
    `const options = { filename: 'migrate.cjs', cachedData: readFileSync(${compiled}) };`,
    `const script = new Script(readFileSync(${text}, 'latin1'), options);`,
    `if (script.cachedDataRejected) throw new Error('V8 does not take its own code');`,
    'script.runInThisContext()(require, module, __filename);',
    '',
  ].join('\n');
}
