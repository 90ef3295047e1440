import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { alternate, type Contender, median } from './measure.ts';
import type { Figures } from './row.ts';

/** The program as it is delivered, or another build of it to compare with; its start is a part of every time. */
export const binary = resolve(process.env['MIGRATE_BINARY'] ?? 'dist/migrate');

/** Our median against the peer's. */
export async function against(ours: Contender, peer: Contender, rounds: number): Promise<Figures> {
  const times = await alternate({ ours, peer }, rounds);
  return { value: median(times.ours) / median(times.peer), ...times };
}

/**
 * A policy that leaves nothing to the image: then every content is read, as the peers do. The shipped policy takes equal
 * size and time for equal content below /usr.
 */
export async function readingPolicy(directory: string): Promise<string> {
  const file = join(directory, 'everything.policy');
  await writeFile(file, 'default  persist\n');
  return file;
}
