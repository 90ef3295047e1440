import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { native } from '../../../src/system/native/libc.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';

test('memory is given back on the way, and the program runs on', () => {
  const { saveMemory } = native();
  for (let round = 0; round < 3; round++) {
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
