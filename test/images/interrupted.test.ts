import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { directory, file, sampleTree } from './sample-tree.ts';
import { assertUnpacksTo, makeTree, treeAt } from './unpacking.ts';

/** A system that takes a while: 3,000 files and 24 MB that cannot be packed. */
function largeTree(place: string): string {
  const names = Array.from({ length: 3000 }, (_, index) => [`file-${index}`, file(`${index}`)] as const);
  const tree = sampleTree();
  tree.children.set('many', directory(Object.fromEntries(names)));
  const source = makeTree(join(place, 'source'), tree);
  execFileSync('dd', ['if=/dev/urandom', `of=${join(source, 'zz-large')}`, 'bs=1M', 'count=24'], { stdio: 'pipe' });
  return source;
}

const makers: Readonly<Record<string, (source: string, image: string) => void>> = {
  'an archive': (source, image) => tar(source, image),
  'an archive packed by xz': (source, image) => tar(source, image, '--use-compress-program=xz -0'),
  squashfs: (source, image) => {
    execFileSync('mksquashfs', [source, image, '-quiet', '-no-progress', '-noI', '-noD', '-noF'], { stdio: 'pipe' });
  },
  'a directory': (source, image) => execFileSync('cp', ['-a', source, image]),
};

function tar(source: string, image: string, ...more: readonly string[]): void {
  const attributes = ['--xattrs', '--xattrs-include=*', '--acls', '--numeric-owner', '--sort=name'];
  execFileSync('tar', ['--create', ...attributes, ...more, '--file', image, '--directory', source, '.']);
}

for (const [name, make] of Object.entries(makers)) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${name} that is being unpacked leaves nothing at ${signal}, and is unpacked the next time`, async () => {
      await withFilesystem(
        'ext4',
        async (place) => {
          const source = largeTree(place);
          const image = join(place, 'image');
          make(source, image);
          const [into, scratch] = [join(place, 'into'), join(place, 'scratch')];
          for (const path of [into, scratch]) mkdirSync(path);
          assert.equal(await interrupted([image, into, scratch], signal), 'interrupted');
          assert.deepEqual([readdirSync(into), readdirSync(scratch)], [[], []]);
          assert.doesNotMatch(readFileSync('/proc/mounts', 'utf8'), new RegExp(`${place}/`));
          if (signal === 'SIGINT' && name === 'an archive') await assertUnpacksTo(image, place, withoutHoles(source));
        },
        { size: '1G' },
      );
    });
  }
}

function withoutHoles(source: string): ReturnType<typeof treeAt> {
  const tree = treeAt(source);
  for (const child of tree.children.get('var')?.children.values() ?? []) child.sparse = false;
  return tree;
}

/** What the program says at its end. */
async function interrupted(args: readonly string[], signal: NodeJS.Signals): Promise<string> {
  const script = join(import.meta.dirname, 'unpack-and-wait.ts');
  const program = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const text of program.stdout.setEncoding('utf8')) {
    if (said === '') program.kill(signal);
    said += text;
  }
  return said.trim().split('\n').at(-1) ?? '';
}

test('while an image is fetched from a registry, an interruption ends skopeo and leaves nothing', async () => {
  await withFilesystem('ext4', async (place) => {
    // A registry that never answers.
    const server = spawn('python3', ['-c', silentServer], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await interruptFetch(place, server.stdout);
    } finally {
      server.kill();
    }
  });
});

/** `said` is what the registry says: its port, and that it was asked. */
async function interruptFetch(place: string, said: Readable): Promise<void> {
  const lines = createInterface(said)[Symbol.asyncIterator]();
  const port = (await lines.next()).value;
  const [into, scratch] = [join(place, 'into'), join(place, 'scratch')];
  for (const path of [into, scratch]) mkdirSync(path);
  const script = join(import.meta.dirname, 'unpack-and-wait.ts');
  const args = [script, `docker://127.0.0.1:${port}/system:v1`, into, scratch];
  const program = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let end = '';
  program.stdout.on('data', (text) => {
    end += String(text);
  });
  const ended = new Promise((resolve) => program.once('close', resolve));
  assert.equal((await lines.next()).value, 'asked');
  assert.notDeepEqual(readdirSync(scratch), []);
  program.kill('SIGTERM');
  await ended;
  assert.equal(end, 'interrupted\n');
  assert.deepEqual([readdirSync(into), readdirSync(scratch)], [[], []]);
}

const silentServer = `
import socket
server = socket.create_server(('127.0.0.1', 0))
print(server.getsockname()[1], flush=True)
held = []
while True:
    held.append(server.accept())
    print('asked', flush=True)
`;
