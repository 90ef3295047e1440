import { closeSync, readSync } from 'node:fs';
import { native } from './libc.ts';
import { checked, cString, guarded } from './place.ts';

/** linux/memfd.h: MFD_CLOEXEC. */
const closeOnExec = 1;
const chunkSize = 256 * 1024;

/** What `write` writes to a descriptor, in pieces; kept in memory meanwhile. */
export function* writtenTo(name: string, write: (descriptor: number) => void): Generator<Uint8Array> {
  const descriptor = checked(native().libc.memfd_create(cString(name), closeOnExec), 'memfd_create', name);
  try {
    write(descriptor);
    let offset = 0;
    for (;;) {
      const chunk = new Uint8Array(chunkSize);
      const count = guarded('read', name, () => readSync(descriptor, chunk, 0, chunkSize, offset));
      if (count === 0) return;
      offset += count;
      yield chunk.subarray(0, count);
    }
  } finally {
    closeSync(descriptor);
  }
}
