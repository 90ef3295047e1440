import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, readSync } from 'node:fs';
import { openPipe } from './native/pipe.ts';
import { guarded } from './native/place.ts';

/** As much as a pipe holds at a time. */
const pieceSize = 64 * 1024;

/** What a program writes; see `Commands.pieces`. The program runs beside this one, which waits for what it writes. */
export function* pieces(program: string, args: readonly string[]): Generator<Uint8Array> {
  const pipe = openPipe();
  try {
    const child = start(program, args, pipe.writer);
    try {
      const piece = Buffer.allocUnsafe(pieceSize);
      for (;;) {
        const count = guarded('read', program, () => readSync(pipe.reader, piece, 0, pieceSize, null));
        if (count === 0) return;
        yield piece.subarray(0, count);
      }
    } finally {
      // Node would end this program and all of its group in place of one that was never started.
      if (child.pid !== undefined) child.kill();
    }
  } finally {
    closeSync(pipe.reader);
  }
}

/** The pipe ends when the program does, as nothing else has it open to write. execa hands on no descriptor but 0 to 2. */
function start(program: string, args: readonly string[], writer: number): ChildProcess {
  try {
    const child = spawn(program, args, { stdio: ['ignore', writer, 'ignore'] });
    // A program that is not there writes nothing, which is what the reader sees.
    child.on('error', () => undefined);
    return child;
  } finally {
    closeSync(writer);
  }
}
