import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { blockSize, formatEnvironmentBlock, parseEnvironmentBlock } from '../../../src/boot/grub/environment-block.ts';

/** Values that need care, and such as we write. */
const values: readonly string[] = [
  '',
  'v1',
  'a=b',
  'back\\slash',
  '#no comment',
  'two\\\\',
  'caf\xc3\xa9',
  "it's",
  '"x" $y',
];

test("case 72: GRUB's own tool reads the blocks that are written", () => {
  withFile((file) => {
    const variables = new Map(values.map((value, index) => [`name_${index}`, value]));
    writeFileSync(file, formatEnvironmentBlock(variables), 'latin1');
    assert.equal(readFileSync(file).length, 1024);
    const listed = execFileSync('grub-editenv', [file, 'list'], { encoding: 'latin1' });
    assert.deepEqual(
      listed.trimEnd().split('\n'),
      [...variables].map(([name, value]) => `${name}=${value}`),
    );
  });
});

test("what GRUB's own tool writes is read", () => {
  withFile((file) => {
    execFileSync('grub-editenv', [file, 'create']);
    const expected = new Map<string, string>();
    for (const [index, value] of values.entries()) {
      expected.set(`name_${index}`, value);
      execFileSync('grub-editenv', [file, 'set', `name_${index}=${Buffer.from(value, 'latin1').toString('utf8')}`]);
    }
    assert.deepEqual(parseEnvironmentBlock(readFileSync(file, 'latin1')), expected);
    execFileSync('grub-editenv', [file, 'unset', 'name_3']);
    expected.delete('name_3');
    assert.deepEqual(parseEnvironmentBlock(readFileSync(file, 'latin1')), expected);
  });
});

test('a line that ends in a value stays one: a newline in it is escaped', () => {
  const variables = new Map([
    ['a', 'one\ntwo=3\\\n'],
    ['b', ''],
  ]);
  assert.deepEqual(parseEnvironmentBlock(formatEnvironmentBlock(variables)), variables);
});

test('case 102: a block that is not whole is refused', () => {
  const block = formatEnvironmentBlock(
    new Map([
      ['a', 'one'],
      ['b', 'two'],
    ]),
  );
  assert.notEqual(parseEnvironmentBlock(block), null);
  const damaged: Readonly<Record<string, string>> = {
    empty: '',
    truncated: block.slice(0, 512),
    longer: `${block}#`,
    'of zeros': '\0'.repeat(blockSize),
    'without its first line': block.slice(25).padEnd(blockSize, '#'),
    'with zeros at its end': block.slice(0, 512) + '\0'.repeat(512),
    'with a line that is no variable': block.replace('b=two', 'b two'),
    'with a name that is none': block.replace('b=two', '1=two'),
    'with a value that does not end': block.slice(0, 36).padEnd(blockSize, '\\'),
  };
  for (const [name, text] of Object.entries(damaged)) assert.equal(parseEnvironmentBlock(text), null, name);
});

test('all text is in the first sector, with room for what GRUB adds', () => {
  const fits = new Map([['a', 'x'.repeat(504 - 25 - 3)]]);
  assert.match(formatEnvironmentBlock(fits).slice(512), /^#{512}$/);
  assert.throws(() => formatEnvironmentBlock(new Map([['a', 'x'.repeat(504 - 25 - 2)]])), {
    code: 'loader-not-written',
  });
});

function withFile(use: (file: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-environment-'));
  try {
    use(join(directory, 'env'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
