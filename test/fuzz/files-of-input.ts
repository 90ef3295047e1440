import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import type { Files } from '../../src/system/files.ts';
import { openRoot } from '../../src/system/rooted-files.ts';

/** Between the files of one input. */
export const separator = '\x1e';

/** A root, gone when the tests have ended, whose files hold what an input says: the first part the first file, and so on. */
export type FilesOfInput = {
  /** Where the root lies on this machine. */
  readonly root: string;
  readonly files: Files;
  readonly write: (input: string) => void;
};

/** Makes the root, with the directories of the files of these names. */
export function filesOfInput(names: readonly string[]): FilesOfInput {
  const root = mkdtempSync(join(tmpdir(), 'migrate-fuzz-'));
  const files = openRoot(root);
  after(() => {
    files.close();
    rmSync(root, { recursive: true });
  });
  for (const name of names) mkdirSync(dirname(join(root, name)), { recursive: true });
  // What the files hold now: most inputs change but one.
  const written = new Map<string, string>();
  function write(input: string): void {
    const parts = input.split(separator);
    for (const [index, name] of names.entries()) {
      const content = parts[index] ?? '';
      if (written.get(name) === content) continue;
      writeFileSync(join(root, name), content, 'latin1');
      written.set(name, content);
    }
  }
  return { root, files, write };
}
