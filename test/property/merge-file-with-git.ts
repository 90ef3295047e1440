import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../../src/domain/bytes.ts';

/** What `git merge-file` makes of three contents; null where it conflicts or sees no text. */
export function mergeFileWithGit(base: ByteString, ours: ByteString, theirs: ByteString): ByteString | null {
  const directory = mkdtempSync('/dev/shm/migrate-oracle-');
  try {
    for (const [name, content] of Object.entries({ base, ours, theirs })) {
      writeFileSync(join(directory, name), content, 'latin1');
    }
    // The person's own git configuration must not choose another algorithm.
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', LC_ALL: 'C' };
    const run = spawnSync('git', ['merge-file', '-p', 'ours', 'base', 'theirs'], {
      cwd: directory,
      env,
      encoding: 'latin1',
    });
    if (run.status === 0) return run.stdout;
    if (run.status !== null && run.status < 128) return null;
    if (run.stderr.includes('binary')) return null;
    throw new Error(`git merge-file: ${run.error?.message ?? run.stderr}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
