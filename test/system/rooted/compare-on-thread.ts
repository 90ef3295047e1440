/** A program: compares a file with itself on the second thread; with `native`, the first one has the native library; with `closed` nothing is open there. */
import { openSync, readFileSync } from 'node:fs';
import { native } from '../../../src/system/native/libc.ts';
import { startComparerThread } from '../../../src/system/rooted/start-comparer-thread.ts';

if (process.argv[2] === 'native') native();
const closedDescriptor = (): number => 1_000_000;
const queue = startComparerThread();
if (queue === null) throw new Error('there is no second thread');
const asleep = new Int32Array(new SharedArrayBuffer(4));
for (let tries = 0; queue.nextPlace === null; tries++) {
  if (tries === 60_000) throw new Error('the second thread does not start');
  Atomics.wait(asleep, 0, 0, 1);
}
const file = process.argv[2] === 'closed' ? closedDescriptor : () => openSync(process.execPath, 'r');
const [left, right] = [file(), file()];
queue.put({ left, right, size: 1024 * 1024 });
queue.end(() => undefined);
const hasLibrary = readFileSync('/proc/self/maps', 'latin1').includes('koffi.node');
console.log(JSON.stringify({ isSame: queue.isSame(0), hasLibrary }));
