import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Script } from 'node:vm';
import { execa } from 'execa';

/** Writes the bundled program as the text of one function, which `launcher.cjs` calls with what a module is given. */
export function wrapProgram(program: string, output: string): void {
  writeFileSync(output, `(function (require, module, __filename) {${readFileSync(program, 'latin1')}\n})`, 'latin1');
}

/** The code that V8 has compiled for the wrapped program by the end of a plan of small trees. */
export async function recordCodeOfPlan(program: string, output: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-build-'));
  try {
    const sides = ['base', 'old', 'new'].flatMap((side) => {
      makeTree(join(directory, side), side === 'old' ? 'changed' : 'content');
      return [`--${side}`, join(directory, side)];
    });
    await recordCode(program, output, ['plan', ...sides]);
  } finally {
    rmSync(directory, { recursive: true });
  }
  const { cachedDataRejected } = new Script(readFileSync(program, 'latin1'), { cachedData: readFileSync(output) });
  if (cachedDataRejected === true) throw new Error(`${output}: V8 does not take its own code`);
}

/**
 * Runs the wrapped program once, with these words, and writes the code that V8 has compiled for it by then. V8 compiles a
 * function when it is first called, so that a cache made before a run, as Node makes it, holds next to none: with that
 * one a start takes a third longer.
 */
export async function recordCode(program: string, output: string, words: readonly string[]): Promise<void> {
  await execa(process.execPath, [resolve('.tools/record-code.cjs'), program, output, ...words]);
}

/** What is all over a root: a directory, a link, files that are the same in all trees, and one that may be changed. */
function makeTree(root: string, content: string): void {
  mkdirSync(join(root, 'directory'), { recursive: true });
  writeFileSync(join(root, 'directory/same'), 'content');
  writeFileSync(join(root, 'directory/changed'), content);
  symlinkSync('same', join(root, 'directory/link'));
}
