import { lstatSync, readdirSync } from 'node:fs';

/** The times of everything below a directory; equal before and after means that nothing in it was written or renamed. */
export function timesBelow(directory: Buffer): string[] {
  const stats = lstatSync(directory, { bigint: true });
  const own = `${directory.toString('latin1')} ${stats.ino} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.size} ${stats.nlink}`;
  if (!stats.isDirectory()) return [own];
  const names = readdirSync(directory, { encoding: 'buffer' }).sort(Buffer.compare);
  return [own, ...names.flatMap((name) => timesBelow(Buffer.concat([directory, Buffer.from('/'), name])))];
}
