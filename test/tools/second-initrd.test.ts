import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { execa } from 'execa';
import { libraryPaths, makeSecondInitrd } from '../../.tools/second-initrd.ts';

const scratch = mkdtempSync(join(tmpdir(), 'migrate-second-initrd-'));
after(() => rmSync(scratch, { recursive: true }));

const binary = join(scratch, 'binary');
writeFileSync(binary, 'a binary');

/** A root that has libc and the libraries, those of `without` left out. */
function imageRoot(name: string, without: readonly string[]): string {
  const root = join(scratch, name);
  for (const path of ['usr/lib/x86_64-linux-gnu/libc.so.6', ...libraryPaths('/')]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (!without.some((library) => path.endsWith(library))) writeFileSync(join(root, path), `${name} ${path}`);
  }
  return root;
}

test('the second initrd holds the binary and the libraries of the image, owned by root', async () => {
  const output = join(scratch, 'whole.cpio.zst');
  await makeSecondInitrd({ binary, root: imageRoot('image', []), output, level: 1 });
  const folder = join(scratch, 'unpacked');
  mkdirSync(folder);
  const { stdout } = await execa('zstd', ['-dc', output], { encoding: 'buffer' }).pipe('cpio', ['-tv', '--quiet']);
  assert.match(stdout, /^drwxr-xr-x +\d+ root +root .* usr\/bin$/m);
  assert.match(stdout, /^-rwxr-xr-x +1 root +root .* usr\/bin\/migrate$/m);
  await execa('zstd', ['-dc', output], { encoding: 'buffer' }).pipe('cpio', ['-i', '--quiet'], { cwd: folder });
  assert.equal(readFileSync(join(folder, 'usr/bin/migrate'), 'utf8'), 'a binary');
  for (const path of libraryPaths('/')) assert.equal(readFileSync(join(folder, path), 'utf8'), `image ${path}`);
});

test('the same contents give the same bytes', async () => {
  const root = imageRoot('repeated', []);
  const outputs = ['first', 'second'].map((name) => join(scratch, name));
  for (const output of outputs) {
    // A new file with its own inode and time.
    const copy = `${output}.binary`;
    copyFileSync(binary, copy);
    await makeSecondInitrd({ binary: copy, root, output, level: 1 });
  }
  const [first, second] = outputs.map((output) => readFileSync(output));
  assert.deepEqual(first, second);
});

test('an image that lacks a library is refused by name', async () => {
  const root = imageRoot('incomplete', ['libstdc++.so.6']);
  await assert.rejects(
    makeSecondInitrd({ binary, root, output: join(scratch, 'none'), level: 1 }),
    /lacks usr\/lib\/x86_64-linux-gnu\/libstdc\+\+\.so\.6/,
  );
});

test('a library that is a link out of the image is refused: it would be that of this machine', () => {
  const root = imageRoot('escaping', ['libm.so.6']);
  symlinkSync('/usr/lib/x86_64-linux-gnu/libm.so.6', join(root, 'usr/lib/x86_64-linux-gnu/libm.so.6'));
  assert.throws(() => libraryPaths(root), /lacks usr\/lib\/x86_64-linux-gnu\/libm\.so\.6/);
});
