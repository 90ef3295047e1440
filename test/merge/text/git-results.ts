import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Contents } from './triples.ts';

type GitResult = { readonly code: number; readonly output: string };

const commands = {
  merge: 'git merge-file -p "$index/ours" "$index/base" "$index/theirs"',
  diff: 'git diff --no-index --no-color --no-ext-diff --no-indent-heuristic --text "$index/base" "$index/ours"',
};

/** What `git merge-file -p` makes of each triple: the bytes of a clean merge, or null where it conflicts. */
export async function mergeWithGit(triples: readonly Contents[]): Promise<(string | null)[]> {
  const results = await runOnEach('merge', triples);
  return results.map(({ code, output }) => {
    // Above 127 it is not a number of conflicts but an error.
    if (code > 127) throw new Error(`git merge-file ended with ${code}`);
    return code === 0 ? output : null;
  });
}

/** What `git diff` prints from base to ours, aligned as `git merge-file` does (without the indent heuristic), from the first `@@`. */
export async function diffWithGit(triples: readonly Contents[]): Promise<string[]> {
  const results = await runOnEach('diff', triples);
  return results.map(({ code, output }) => {
    if (code > 1) throw new Error(`git diff ended with ${code}`);
    // After the second `@@` git adds a heading of its own.
    return output.slice(Math.max(0, output.indexOf('\n@@') + 1)).replace(/^(@@ [^@]* @@).*$/gm, '$1');
  });
}

/** Runs a command on every triple, two at a time, in a directory in memory. */
async function runOnEach(command: keyof typeof commands, triples: readonly Contents[]): Promise<GitResult[]> {
  const directory = mkdtempSync('/dev/shm/migrate-merge-');
  try {
    for (const [index, triple] of triples.entries()) writeTriple(join(directory, String(index)), triple);
    const codes = await Promise.all([0, 1].map((first) => runScript(command, directory, first)));
    return triples.map((_, index) => {
      const code = codes[index % 2]?.[Math.floor(index / 2)];
      if (code === undefined) throw new Error(`git was not run on triple ${index}`);
      return { code, output: readFileSync(join(directory, String(index), 'output'), 'latin1') };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** One shell for many runs: starting a process from node costs several times what git itself takes. */
async function runScript(command: keyof typeof commands, directory: string, first: number): Promise<number[]> {
  const script = `
    set -eu
    cd "$1"
    index=$2
    while [ -d "$index" ]; do
      code=0
      ${commands[command]} >"$index/output" || code=$?
      echo "$code"
      index=$((index + 2))
    done`;
  // The person's own git configuration must not choose another algorithm.
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', GIT_CEILING_DIRECTORIES: directory };
  const { stdout } = await execa('sh', ['-c', script, 'sh', directory, String(first)], { env });
  return stdout.split('\n').filter(Boolean).map(Number);
}

function writeTriple(directory: string, triple: Contents): void {
  mkdirSync(directory);
  for (const [name, content] of Object.entries(triple)) writeFileSync(join(directory, name), content, 'latin1');
}
