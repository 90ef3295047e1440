import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

/**
 * The hash that git gives the tree as it stands, changes that are not committed and new files included: equal to
 * `git rev-parse HEAD^{tree}` when nothing is changed. The repository and its index are left as they are.
 */
export async function treeHash(): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'migrate-tree-'));
  try {
    const { stdout: objects } = await execa('git', ['rev-parse', '--git-path', 'objects']);
    const git = execa({
      env: {
        GIT_INDEX_FILE: join(scratch, 'index'),
        GIT_OBJECT_DIRECTORY: scratch,
        GIT_ALTERNATE_OBJECT_DIRECTORIES: resolve(objects),
      },
    });
    await git('git', ['add', '--all', '.']);
    const { stdout } = await git('git', ['write-tree']);
    return stdout;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
