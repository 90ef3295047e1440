import { readFileSync } from 'node:fs';
import type { Koffi } from './koffi.ts';

/** asm-generic/mman-common.h. */
const dontNeed = 4;

/**
 * Keeps memory small for a program that looks through large trees from now on: an initramfs has none to spare.
 *
 * Garbage is collected early: a walk leaves little behind, but makes much on the way, of which V8 by itself keeps tens of
 * megabytes before it looks. This is set while it runs, because the code cache of the single binary only holds for the
 * flags that it was made with.
 *
 * Returns what gives more back, for now and then in a long walk.
 */
export function staySmall(koffi: Koffi): () => void {
  // Loaded here: few runs come so far, and it takes a tenth of Node's own start.
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  // The new space does not grow any more.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
  const madvise = koffi.load(null).func('int madvise(uint64_t, size_t, int)');
  const code = codeOfProgram(readFileSync('/proc/self/maps', 'latin1'));
  const letGo = (): void => {
    for (const { start, end } of code) madvise(start, end - start, dontNeed);
  };
  letGo();
  return () => {
    // The old space is collected whenever it has grown by 2 MB and not by 8; the new one is halved, which takes time.
    setFlagsFromString('--optimize-for-size');
    letGo();
  };
}

type Mapping = { readonly start: number; readonly end: number };

/**
 * Where code and constants of this program are in memory (proc_pid_maps(5)). What its start needed is half of Node's, and
 * with every page that is needed the kernel maps those around it. They may be let go of at any time: what is needed comes
 * back by itself from the file, where the kernel would take it from after any shortage too. So this only holds for what is
 * never written to.
 */
function codeOfProgram(maps: string): Mapping[] {
  const mappings = maps.split('\n').map((line) => {
    const [range = '', permissions = '', , , inode, path] = line.split(/ +/);
    const [start = 0, end = 0] = range.split('-').map((address) => Number.parseInt(address, 16));
    return { start, end, isWritable: permissions[1] === 'w', isOwn: inode !== '0' && path === process.execPath };
  });
  return mappings.filter(({ end, isWritable, isOwn }, index) => {
    // What the loader wrote and then protected (PT_GNU_RELRO) lies right before what may be written.
    const next = mappings[index + 1];
    return isOwn && !isWritable && !(next?.isWritable === true && next.start === end);
  });
}
