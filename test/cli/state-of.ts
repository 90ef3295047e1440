import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** All there is to see of a tree: names, modes, times, contents. Two states that are equal mean that nothing was touched. */
export function stateOf(directory: string): string {
  const names = readdirSync(directory, { recursive: true, encoding: 'latin1' }).toSorted();
  const lines = ['.', ...names].map((name) => {
    const path = Buffer.from(join(directory, name), 'latin1');
    const { mode, mtimeNs, ctimeNs, ino } = lstatSync(path, { bigint: true });
    const content = lstatSync(path).isFile() ? readFileSync(path, 'base64') : '';
    return `${name} ${mode} ${mtimeNs} ${ctimeNs} ${ino} ${content}`;
  });
  return lines.join('\n');
}
