import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { decompress } from '../../src/system/decompress.ts';
import { commands } from '../../src/system/run-command.ts';

/** Random bytes, a run that packs well, and a newline at the end, which nothing may take off. */
const content = Buffer.concat([randomBytes(70_000), Buffer.alloc(300_000, 'x'), Buffer.from('\n')]);

function packed(program: string): string {
  return execFileSync(program, ['-c'], { input: content }).toString('latin1');
}

for (const [program, ending] of [
  ['gzip', '.gz'],
  ['xz', '.xz'],
  ['zstd', '.zst'],
] as const) {
  test(`what ${program} has packed is unpacked to the byte, and damage is told`, () => {
    const bytes = packed(program);
    assert.equal(decompress(`m.ko${ending}`, bytes, commands), content.toString('latin1'));
    assert.equal(decompress(`m.ko${ending}`, bytes.slice(0, -100), commands), null);
    assert.equal(decompress(`m.ko${ending}`, 'no such format', commands), null);
  });
}

test('content whose name tells no compression stays as it is', () => {
  assert.equal(decompress('m.ko', packed('gzip'), commands), packed('gzip'));
});

test('without the program xz its format cannot be read', () => {
  assert.equal(decompress('m.ko.xz', packed('xz'), { ...commands, has: () => false }), null);
});
