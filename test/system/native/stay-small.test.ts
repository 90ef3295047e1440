import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import koffi from 'koffi';
import { native } from '../../../src/system/native/libc.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';

test('memory is given back on the way, and the program runs on', () => {
  const { saveMemory } = native();
  for (let round = 0; round < 3; round++) {
    bringCode();
    const before = residentOfFiles();
    saveMemory();
    const after = residentOfFiles();
    assert.ok(after < before - 1000, `${before} kB before, ${after} kB after`);
    const root = openRoot('/usr');
    assert.ok(root.list('/').includes('bin'));
    // New code is compiled, and garbage is made.
    assert.equal(
      new Function('n', `return Array.from({ length: n }, (_, i) => i + ${round}).length`)(100_000),
      100_000,
    );
    root.close();
  }
});

/** RssFile of proc_pid_status(5): kilobytes that lie in memory as a file has them. */
function residentOfFiles(): number {
  return Number(/^RssFile:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
}

/** Has the code of this program in memory: how much of it comes back by itself depends on what else runs. */
function bringCode(): void {
  const madvise = koffi.load(null).func('int madvise(uint64_t, size_t, int)');
  // MADV_POPULATE_READ of asm-generic/mman-common.h, since Linux 5.14.
  const populateRead = 22;
  for (const line of readFileSync('/proc/self/maps', 'latin1').split('\n')) {
    const [, start = '', end = '', path] = /^(\w+)-(\w+) r-xp .* (\/.*)$/.exec(line) ?? [];
    if (path !== process.execPath) continue;
    const from = Number.parseInt(start, 16);
    assert.equal(madvise(from, Number.parseInt(end, 16) - from, populateRead), 0, line);
  }
}
