import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentOf } from '../../../qemu/cache.ts';
import { command } from '../../../qemu/command.ts';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import type { Backend } from '../../../src/storage/backend.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import { image, ours } from '../find-on-overlay.ts';
import { debianRoot } from './debian.ts';
import { type Disk, disk } from './disk.ts';

/** How many there are in `ours` of each store. */
export const changes = 200;

const system = realSystem(['/bin/false']);
/** How a store lies on the disk. */
const layers = join(import.meta.dirname, '../../../src/storage/overlay/layers.ts');

type Size = 'small' | 'large';

/** Two stores, each with a tag and a branch of it with changes. Files have short contents, which nobody reads who is not asked to. */
export async function overlayStores(): Promise<Disk> {
  const { path, key } = await debianRoot('bookworm');
  return disk({
    name: 'overlay-stores',
    kind: 'ext4',
    // Contents as short as these lie in the inode itself.
    options: ['-O', 'inline_data', '-I', '256'],
    inputs: [key, await contentOf(import.meta.filename), await contentOf(layers)],
    fill: async (top) => {
      for (const size of ['small', 'large'] as const) await makeStore(join(top, size), `${path}/root`, size);
    },
  });
}

async function makeStore(directory: string, root: string, size: Size): Promise<void> {
  mkdirSync(directory);
  const backend = open(directory);
  const first = { ...image, kind: 'branch' } as const;
  backend.create(first, '');
  await backend.withContent(first, { writable: true }, async (content) => {
    await command('cp', ['-a', '--attributes-only', `${root}/.`, content]);
    if (size === 'large') {
      for (const copy of ['first', 'second']) {
        mkdirSync(join(content, 'srv', copy));
        for (const part of ['usr/include', 'usr/share']) {
          await command('cp', ['-a', '--attributes-only', join(root, part), join(content, 'srv', copy)]);
        }
      }
    }
    await command('sh', [
      '-c',
      'cd "$0" && find . -type f -exec sh -c \'for f; do echo content > "$f"; done\' sh {} +',
      content,
    ]);
  });
  backend.snapshot(first, image, '');
  backend.remove(first);
  backend.snapshot(image, ours, '');
  backend.withContent(ours, { writable: true }, change);
}

/** Changes of every kind to files all over the part that both trees have. */
function change(root: string): void {
  const output = execFileSync('find', ['usr', 'etc', 'var', '-type', 'f', '-links', '1'], {
    cwd: root,
    encoding: 'latin1',
    maxBuffer: 2 ** 28,
  });
  const files = output.trim().split('\n').toSorted();
  const kinds: readonly ((file: string) => void)[] = [
    (file) => appendFileSync(file, 'local\n'),
    (file) => chmodSync(file, 0o640),
    (file) => rmSync(file),
    (file) => writeFileSync(`${file}.local`, 'new\n'),
    (file) => execFileSync('setfattr', ['-n', 'user.note', '-v', 'local', file]),
  ];
  for (let index = 0; index < changes; index++) {
    const file = files[Math.floor((index * files.length) / changes)] ?? '';
    kinds[index % kinds.length]?.(join(root, file));
  }
}

function open(directory: string): Backend {
  return overlayBackend.open(bytesOfText(directory), system);
}
