import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs the body with an empty directory that is removed afterwards. */
export async function withDirectory<Result>(body: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'migrate-bench-'));
  try {
    return await body(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
