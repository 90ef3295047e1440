import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Koffi } from './koffi.ts';

/** asm-generic/mman-common.h. */
const dontNeed = 4;

/**
 * Keeps memory small for a program that has started and looks through trees from now on: an initramfs has none to spare.
 *
 * Garbage is collected early: a walk leaves little behind, but makes much on the way, of which V8 by itself keeps tens of
 * megabytes before it looks. This is set while it runs, because the code cache of the single binary only holds for the
 * flags that it was made with.
 */
export function staySmall(koffi: Koffi): void {
  // The new space does not grow any more.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
  letGoOfStart(koffi);
}

/**
 * Lets go of the code of this program that was in memory for its start: half of Node's that is there, and never needed
 * again. What is needed comes back by itself, page by page, from the file, where the kernel would take it from after any
 * shortage too; so only code is let go of, which is never written to.
 */
function letGoOfStart(koffi: Koffi): void {
  const madvise = koffi.load(null).func('int madvise(uint64_t, size_t, int)');
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const [range = '', permissions, , , inode, path] = line.split(/ +/);
    if (permissions !== 'r-xp' || inode === '0' || path !== process.execPath) continue;
    const [start = 0, end = 0] = range.split('-').map((address) => Number.parseInt(address, 16));
    madvise(start, end - start, dontNeed);
  }
}
