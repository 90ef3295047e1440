import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Runs `task` while this process holds the lock on `file`, waiting for whoever holds it now. The lock is held by
 * flock(1) as a child that reads our pipe: the kernel lets go of it when we end, however we end.
 */
export async function locked<Result>(file: string, task: () => Promise<Result>): Promise<Result> {
  await mkdir(dirname(file), { recursive: true });
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  const first = await Promise.race([once(holder.stdout, 'data').then(() => 'held'), ended.then(() => 'ended')]);
  if (first === 'ended') throw new Error(`flock ${file} failed`);
  try {
    return await task();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
