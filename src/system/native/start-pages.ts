import { readFileSync } from 'node:fs';
import type { Koffi } from './koffi.ts';

/** asm-generic/mman-common.h. */
const dontNeed = 4;

/**
 * Lets go of the code of this program that was in memory for its start: half of Node's that is there, and never needed
 * again. What is needed comes back by itself, page by page, from the file, where the kernel would take it from after any
 * shortage too; so only code is let go of, which is never written to.
 */
export function letGoOfStart(koffi: Koffi): void {
  const madvise = koffi.load(null).func('int madvise(uint64_t, size_t, int)');
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const [range = '', permissions, , , inode, path] = line.split(/ +/);
    if (permissions !== 'r-xp' || inode === '0' || path !== process.execPath) continue;
    const [start = 0, end = 0] = range.split('-').map((address) => Number.parseInt(address, 16));
    madvise(start, end - start, dontNeed);
  }
}
