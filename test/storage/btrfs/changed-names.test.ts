import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/domain/failure.ts';
import { changedNames } from '../../../src/storage/btrfs/changed-names.ts';
import type { SendCommand } from '../../../src/storage/btrfs/send-stream.ts';

/** `rename /a /b`, `attributes /b` and so on, a command a line. */
function namesOf(lines: string): { renamed: string[]; touched: string[] } {
  const { renamed, touched } = changedNames(
    lines
      .trim()
      .split('\n')
      .map((line) => commandOf(line.trim())),
  );
  return {
    renamed: [...renamed].sort(),
    touched: touched.map(({ path, stayed, growth }) => `${path}${stayed ? '' : ' moved'} ${growth}`).sort(),
  };
}

function commandOf(line: string): SendCommand {
  const [kind = '', path = '', other = ''] = line.split(' ');
  if (kind === 'rename') return { kind, path, to: other };
  if (kind === 'link') return { kind, path, existing: other };
  if (kind === 'create' || kind === 'remove' || kind === 'content' || kind === 'attributes') return { kind, path };
  throw new TypeError(`no command: ${line}`);
}

test('what is made under a temporary name counts where it ends up, and nothing of it is in base', () => {
  assert.deepEqual(namesOf('create /o257-7-0\n rename /o257-7-0 /etc/new\n attributes /etc/new\n attributes /etc'), {
    renamed: ['/etc/new'],
    touched: ['/etc 3'],
  });
});

test('in a directory that moves, both places are meant, and what changes in it is at both', () => {
  assert.deepEqual(namesOf('rename /a /b\n content /b/x\n attributes /\n'), {
    renamed: ['/a', '/a/x', '/b', '/b/x'],
    touched: ['/ 0', '/b moved 0', '/b/x moved 0'],
  });
});

test('two directories that change places, through a temporary name', () => {
  const { renamed, touched } = namesOf(`
    rename /a /o258-7-0
    rename /b /a
    rename /o258-7-0 /b
    attributes /b/inside`);
  assert.deepEqual(renamed, ['/a', '/a/inside', '/b', '/b/inside']);
  assert.deepEqual(touched, ['/a moved 0', '/b moved 0', '/b/inside moved 0']);
});

test('what moves away and comes back is where it was', () => {
  assert.deepEqual(namesOf('rename /d /o260-7-0\n remove /o260-7-0/gone\n rename /o260-7-0 /d'), {
    renamed: ['/d/gone'],
    touched: ['/d -4'],
  });
});

test('a name that is taken over by another file is renamed, not touched', () => {
  assert.deepEqual(namesOf('remove /name\n link /name /other\n remove /other'), {
    renamed: ['/name', '/other'],
    touched: ['/name moved 0'],
  });
});

test('a path may be deeper than calls can be nested', () => {
  const path = '/a'.repeat(30_000);
  assert.deepEqual(namesOf(`attributes ${path}\n rename ${path}/b ${path}/c`), {
    renamed: [`${path}/b`, `${path}/c`],
    touched: [`${path} 0`, `${path}/c moved 0`],
  });
});

test('a stream that contradicts itself is refused', () => {
  for (const lines of [
    'remove /a\n attributes /a',
    'create /d\n attributes /d/nothing',
    'rename /a /b\n content /a/x',
    'remove /',
    'remove /d\n create /d/x',
  ]) {
    assert.throws(
      () => namesOf(lines),
      (error) => error instanceof Failure && error.code === 'send-stream',
      lines,
    );
  }
});
